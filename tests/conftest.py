"""What all tests share: matrix products on one thread.

Sums of products are rounded otherwise on two threads, and trained networks with them; and the tests
run in several processes. The libraries read this when NumPy is first imported.
"""

import os

for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")
