"""The command line as ``python -m clt_sim``."""

from __future__ import annotations

from clt_sim.cli import main

if __name__ == "__main__":
    main()
