"""How each kind of normalization is written and drawn."""

from __future__ import annotations

from typing import Any

LABELS = {
    None: "no normalization",
    "batch": "BN$(Wu+b)$",
    "batch-u": "BN$(u)$",
    "batch-both": "BN$(u)$ and BN$(Wu+b)$",
    "layer": "LN$(Wu+b)$",
    "noisy-batch": "BN$(Wu+b)$ with noise",
}
"""By the names that `clt_sim.train` takes."""
COLOURS = {
    None: "#bd1f01",
    "batch": "#3f90da",
    "batch-u": "#c77c02",
    "batch-both": "#832db6",
    "layer": "#5b7f2b",
    "noisy-batch": "#717581",
}
DASHES: dict[str | None, Any] = {"batch-u": (0, (5, 1.5)), "layer": (0, (3, 1, 1, 1))}
"""Of the lines that are not solid."""
