"""How many values carry the sum."""

from __future__ import annotations

from typing import ClassVar

from clt_sim.sparsity.concentration import TrevesRolls


class EffectiveDimension(TrevesRolls):
    """The share ``1 - D/N`` of N values beyond the effective number ``D = (sum c)^2/sum c^2``.

    D, the participation ratio, is N where all magnitudes c are equal and 1 where one alone is
    not 0, which makes the index ``1 - 1/N``. It is ``1 - a`` with the activity ratio a of
    `TrevesRolls` without its factor ``1/(1 - 1/N)``; so clones do not change it, and of a law the
    two are the same. The participation ratio of energies, ``(sum c^2)^2/sum c^4``, is that of
    `Kurtosis`.
    """

    name: ClassVar[str] = "effective-dimension"
    least: ClassVar[int] = 1

    @staticmethod
    def _stretch(count: int | None) -> float:  # noqa: ARG004
        """Return no factor."""
        return 1.0
