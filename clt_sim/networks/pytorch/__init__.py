"""PyTorch: layers are followed below the modules, by the weights that operations use.

`adapter` is what `clt_sim.networks.record` calls, `capture` follows operations, and `library` alone
imports torch, when it is needed.
"""
