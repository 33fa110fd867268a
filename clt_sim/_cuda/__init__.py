"""Kernels for graphics processors, of the same numbers as ``clt_sim._kernels``.

- A block of threads is a block of replicates, a thread is a lane: it has the state of the lane for
  each stream and four of the replicates. Everything that is drawn is in registers.
- The scalar functions are those of ``clt_sim._kernels``, which Numba compiles for either
  processor; nothing of them is written twice. Functions here combine them for one thread.
- Products are not contracted into sums (``compilation.uncontracted``), quotients and roots are
  correctly rounded: each operation gives the bits that it gives on a processor.
- Power sums are added in the order of the processor's kernels, lane by lane and then in a tree.
- Kernels only index, loop and store; functions of a thread are decorated with ``device``, so that
  Numba's simulator of CUDA runs them compiled.
- Nothing here is imported until a simulation asks for it: ``numba.cuda`` takes time to load.
"""
