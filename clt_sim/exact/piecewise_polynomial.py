"""The exact law of a sum whose density is piecewise polynomial."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from clt_sim.exact.bernstein import bernstein_pieces
from clt_sim.exact.latex import cases
from clt_sim.exact.law import ExactLaw
from clt_sim.exact.quantile import quantile
from clt_sim.exact.rounded_spline import RoundedSpline

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from clt_sim.exact.truncated_powers import TruncatedPowers
    from clt_sim.laws import Piece


@dataclass(frozen=True, slots=True, repr=False)
class PiecewisePolynomialLaw(ExactLaw):
    """A law with a piecewise polynomial density, from exact rational arithmetic.

    Density, distribution and survival function are each evaluated in double-double arithmetic
    from Bernstein coefficients that are not below 0, and rounded once at the end, which keeps
    relative accuracy up to both ends of the support.

    Parameters
    ----------
    density : TruncatedPowers
        The exact density.

    Attributes
    ----------
    error : float
        Bound on the relative error of ``pdf``, ``cdf`` and ``sf`` inside the support: half a unit
        in the last place. For values above 1e-300, and above 1e-300 of the greatest density.

    Raises
    ------
    NoExactLaw
        If the density is zero or negative inside an interval between knots, other than
        throughout.

    Examples
    --------
    >>> import clt_sim as clt
    >>> law = clt.exact(clt.WeightedSum(n=3, inputs="uniform", weights=1.0))
    >>> print(law)
    piecewise-polynomial law on [0, 3]: 3 pieces of degree 2, relative error below 1.2e-16
    >>> float(law.pdf(1.5)), law.kinks, law.variance
    (0.75, (1.0, 2.0), 0.25)
    """

    method: ClassVar[str] = "piecewise-polynomial"

    density: TruncatedPowers
    error: float = field(init=False, compare=False)
    _spline: RoundedSpline = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Round the exact density."""
        spline = RoundedSpline.from_pieces(bernstein_pieces(self.density))
        object.__setattr__(self, "_spline", spline)
        object.__setattr__(self, "error", spline.error)

    @property
    def support(self) -> tuple[float, float]:
        """The first and the last knot."""
        knots = self.density.knots
        return float(knots[0]), float(knots[-1])

    @property
    def kinks(self) -> tuple[float, ...]:
        """The knots inside the support."""
        return tuple(float(knot) for knot in self.density.knots[1:-1])

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The density between neighbouring knots, exactly, in powers of x."""
        return self.density.pieces

    def _moment(self, k: int) -> float:
        """Return ``E[S**k]``, exactly rounded."""
        return float(self.density.moment(k))

    @property
    def variance(self) -> float:
        """The variance, exactly rounded."""
        return float(self.density.moment(2) - self.density.moment(1) ** 2)

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density: from the right at a jump, 0 from the right end on."""
        return self._spline.evaluate(self._spline.density, x, below=0.0, above=0.0)

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return ``P(S <= x)``, right to relative error everywhere."""
        return self._spline.evaluate(self._spline.cdf, x, below=0.0, above=1.0)

    def sf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return ``P(S > x)``, right to relative error everywhere."""
        return self._spline.evaluate(self._spline.sf, x, below=1.0, above=0.0)

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the least x with ``cdf(x) >= p``; the ends at 0 and 1, nan outside [0, 1]."""
        return quantile(self._spline, p)

    def to_latex(self) -> str:
        r"""Return the exact density as LaTeX, with the ``cases`` environment of amsmath.

        Examples
        --------
        >>> import clt_sim as clt
        >>> print(clt.exact(clt.WeightedSum(n=2, inputs="uniform", weights=1.0)).to_latex())
        f(x) = \begin{cases}
          x & 0 \le x < 1 \\
          -x + 2 & 1 \le x < 2 \\
          0 & \text{otherwise}
        \end{cases}
        """
        return cases(self.pieces)

    def __str__(self) -> str:
        """Say the law in one line."""
        low, high = self.support
        count = len(self.density.knots) - 1
        pieces = f"{count} piece{'s' if count > 1 else ''} of degree {self.density.order - 1}"
        bound = 1.05 * self.error  # never less than the error once it has two digits
        return (
            f"{self.method} law on [{low:g}, {high:g}]: {pieces}, relative error below {bound:.1e}"
        )

    __repr__ = __str__
