"""Compiled functions of a given sample: arrays in, numbers and arrays out.

Unlike the kernels of the simulation (``clt_sim._kernels``) they draw nothing and promise no bytes:
they may call the mathematical library, and hold to the naive reference that their tests state, up
to rounding. They allocate nothing, which lets them be compiled without reference counting. Each
compiled function is in the disk cache by itself, and importing a module compiles nothing.
"""
