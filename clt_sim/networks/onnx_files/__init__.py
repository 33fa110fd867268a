"""ONNX: layers are read from the graph, and their tensors appended to its outputs.

`adapter` is what `clt_sim.networks.record` calls, `graph` and `layers` read, `session` runs, and
`extra` alone imports onnx and onnxruntime, when they are needed.
"""
