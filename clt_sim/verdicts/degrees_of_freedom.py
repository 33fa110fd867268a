"""How much the standard error of a moment is worth: its degrees of freedom, from L-moments.

The error of a moment is itself an estimate. That of a mean of normal draws has n - 1 degrees of
freedom; one whose influence function has heavier tails has fewer (Satterthwaite, "An approximate
distribution of estimates of variance components", Biometrics Bulletin 2, 1946). To estimate them
from the influence of the same draws would fail where it matters: a sample in which no far draw
happens to be has a moment, an error and an influence that are all too small. L-moments hardly
depend on far draws. So n draws count as

    ``1 + n/m`` degrees of freedom,  ``m = exp(start + a |L-skewness|^p + b L-kurtosis)``

with p = 1/2 for the skewness, whose error is worth less already next to symmetry, and 1 else; and
there is no interval for fewer than m/2 draws, where its critical value would be beyond 6.

The coefficients were fitted to samples of 50 to 40,000 draws of sums of rectified normal draws and
of uniform, normal, logistic, Laplace, gamma, lognormal and Student laws, so that the intervals of
95 % cover most of them in 93.5 to 96.5 % of samples; benchmarks/interval_coverage.py checks them on
other samples and other laws. They are a rule for laws like these, not a theorem: what is too rare
to show in L-moments, or a tail without the moments that an error takes, may pass.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clt_sim.gaussianity.measures.l_moments import ratios_of_sample
from clt_sim.measures import UnavailableError

if TYPE_CHECKING:
    from clt_sim.gaussianity.views.sample import Sample

LEAST_DEGREES = 1.5
"""Those of m/2 draws."""


class TooFewDrawsError(UnavailableError):
    """An interval that more draws would have.

    Parameters
    ----------
    reason : str
        In words.
    needed : int
        About how many draws.
    """

    def __init__(self, reason: str, needed: int) -> None:
        super().__init__(reason)
        self.needed = needed


@dataclass(frozen=True, slots=True)
class _Rule:
    """The draws that count as one degree of freedom, and other bounds of a moment.

    Parameters
    ----------
    start, skewness, kurtosis : float
        The logarithm of the draws at 0, and how much it grows with a power of the absolute
        L-skewness and with the L-kurtosis.
    least_count : int
        The fewest draws for which it covers about as often as it says.
    deciding : float
        The fewest draws that a standard error may rest on.
    greatest_kurtosis : float
        The greatest L-kurtosis of draws of an unknown law.
    power : float
        That of the absolute L-skewness.
    """

    start: float
    skewness: float
    kurtosis: float
    least_count: int
    deciding: float = 0.0
    greatest_kurtosis: float = math.inf
    power: float = 1.0

    def draws(self, skewness: float, kurtosis: float) -> float:
        of_skewness = self.skewness * abs(skewness) ** self.power
        return math.exp(self.start + of_skewness + self.kurtosis * kurtosis)


_RULES = {
    "skewness": _Rule(0.4, 10.5, 9.0, least_count=700, deciding=2.0, power=0.5),
    "excess-kurtosis": _Rule(
        4.4, 9.0, 17.0, least_count=5000, deciding=2.0, greatest_kurtosis=0.18
    ),
    "l-skewness": _Rule(1.2, 0.0, 6.0, least_count=50),
    "l-kurtosis": _Rule(1.4, 2.0, 8.0, least_count=50),
}
"""The 0.18 is above the logistic law's 0.167 and below the 0.194 of Student's t with 5 degrees of
freedom, whose excess kurtosis has an error that no number of draws settles. Few draws do not tell
these apart, nor symmetric laws, for which 1.96 errors would do, from slightly skewed ones, for
which they do not: intervals that cover for the one cover too often for the other."""


def degrees_of_freedom(name: str, sample: Sample, *, known_tails: bool = False) -> float:
    """Return the degrees of freedom of the standard error of a moment.

    Parameters
    ----------
    name : str
        ``"skewness"``, ``"excess-kurtosis"``, ``"l-skewness"`` or ``"l-kurtosis"``.
    sample : Sample
        Independent draws.
    known_tails : bool
        Whether the law is known to have the moments that the error takes.

    Raises
    ------
    TooFewDrawsError
        If there are too few draws, with about how many would do.
    UnavailableError
        If the tails may be those of a law for which no number would.

    Examples
    --------
    >>> import numpy as np
    >>> from clt_sim.gaussianity.views.sample import Sample
    >>> from scipy.special import ndtri
    >>> sample = Sample.of(ndtri((np.arange(10_000) + 0.5) / 10_000))
    >>> [round(degrees_of_freedom(name, sample)) for name in ("l-kurtosis", "excess-kurtosis")]
    [926, 16]
    """
    rule = _RULES[name]
    if sample.count < rule.least_count:
        raise TooFewDrawsError(
            f"its interval needs at least {rule.least_count} draws; there are"
            f" {sample.count}{_advice(name)}",
            rule.least_count,
        )
    skewness, kurtosis = ratios_of_sample(sample)
    if not known_tails and kurtosis > rule.greatest_kurtosis:
        raise UnavailableError(
            f"the L-kurtosis is {kurtosis:.3f}; above {rule.greatest_kurtosis} the law may be one"
            f" whose standard error settles at no number of draws{_advice(name)}"
        )
    draws = rule.draws(skewness, kurtosis)
    needed = (LEAST_DEGREES - 1.0) * draws
    if sample.count < needed:
        raise TooFewDrawsError(
            "with skewness and tails as the L-moments show, its interval takes about"
            f" {math.ceil(needed)} draws; there are {sample.count}{_advice(name)}",
            math.ceil(needed),
        )
    return 1.0 + sample.count / draws


def _advice(name: str) -> str:
    other = {"skewness": "l-skewness", "excess-kurtosis": "l-kurtosis"}.get(name)
    return f"; ask for {other!r}, which takes fewer" if other else ""


def least_deciding(name: str) -> float:
    """Return the fewest draws that the standard error of a moment may rest on.

    It is 2 where one far draw can decide it. More would pick out samples in which no far draw
    happens to be.
    """
    return _RULES[name].deciding
