"""How the signals of a layer are written and drawn."""

from __future__ import annotations

SIGNALS = {"u": "$u$", "pre-activation": "$Wu+b$"}
"""By the names that a `TrainingHistory` has for them."""
SIGNAL_COLOURS = {"u": "#bd1f01", "pre-activation": "#3f90da"}
UNIT_FLOOR = (0, (1, 1.5))
"""Dashes of what normal units show by sampling alone."""
