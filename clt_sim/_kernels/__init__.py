"""Compiled kernels: arrays and numbers in, arrays out.

The contract, which ``tests/kernels/test_contract.py`` keeps:

- Lanes are replicates. A block is ``BLOCK`` replicates of the sum, small enough for the first
  level cache; the loop over terms is outside the loop over replicates, so that every inner loop
  is elementwise and becomes SIMD code without any reordering of floating-point operations.
- Random bits depend on (seed; stream, block, lane) alone: no state outlives a block, and the
  result does not depend on threads, chunk order or the width of the vector registers.
- No ``fastmath``, no ``math`` or ``np.random`` functions except ``sqrt``: each operation is
  correctly rounded or an explicit ``llvm.fma``, so that every machine gives the same bytes.
- Loop functions ask for wide vectors with ``prefer_wide_vectors()``, or are functions of numbers
  that ``over_rows`` makes loops of; scalar functions are forced inline. Only the drivers, and the
  functions ``fill`` and ``add_term`` that they are given, are compiled to the disk cache: they
  embed all the others, and their cache keys hold a digest of this folder's source.
- No generated source, and no closures over compiled functions in what is cached: neither hits
  the disk cache. Every compiled function has a qualified name of its own (``kernel_for``).
"""
