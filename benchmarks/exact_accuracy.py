"""How accurate are exact laws? Sums of n Wikipedia variables against rational arithmetic.

Prints the largest absolute and relative errors of density, distribution and survival function
over a grid with points ever closer to both ends, and the time to build the law.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from fractions import Fraction

import numpy as np

import clt_sim as clt


class Reference:
    """The sum of n Wikipedia variables by the binomial theorem, in rational numbers.

    The Laplace transform of one density is ``(1 - z)/s^2 - z(1 + z)/(2s)`` with ``z = e^-s``;
    the k-th term of its n-th power has order 2n - k and the coefficients of
    ``C(n, k) (1 - z)^(n - k) (-z(1 + z)/2)^k``.
    """

    def __init__(self, n: int) -> None:
        self.terms = [
            (knot, 2 * n - k, Fraction(math.comb(n, k) * c, (-2) ** k))
            for k in range(n + 1)
            for knot, c in enumerate(_product([1, -1], n - k, [0, 1, 1], k))
        ]

    def _value(self, x: float, integrals: int) -> Fraction:
        exact = Fraction(x)
        return sum(
            (
                c
                * (exact - knot) ** (order - 1 + integrals)
                / math.factorial(order - 1 + integrals)
                for knot, order, c in self.terms
                if exact > knot
            ),
            Fraction(0),
        )

    def pdf(self, x: float) -> Fraction:
        """Return the exact density."""
        return self._value(x, 0)

    def cdf(self, x: float) -> Fraction:
        """Return the exact distribution function."""
        return self._value(x, 1)

    def sf(self, x: float) -> Fraction:
        """Return the exact survival function."""
        return 1 - self._value(x, 1)


def _product(p: list[int], times_p: int, q: list[int], times_q: int) -> list[int]:
    total = np.array([1], object)
    for factor in [p] * times_p + [q] * times_q:
        total = np.convolve(total, np.array(factor, object))
    return total.tolist()


def grid(n: int, points: int) -> np.ndarray:
    """Return even points, both neighbours of all knots, and distances to the ends to 1e-15."""
    knots = np.arange(2.0 * n + 1.0)
    near = 10.0 ** -np.arange(1.0, 16.0)
    x = np.concatenate(
        [
            np.linspace(0.0, 2.0 * n, points),
            np.nextafter(knots, -math.inf),
            knots,
            np.nextafter(knots, math.inf),
            near,
            2.0 * n - near,
        ]
    )
    return np.unique(x[(x > 0.0) & (x < 2.0 * n)])


def largest_errors(
    values: np.ndarray, x: np.ndarray, reference: Callable[[float], Fraction]
) -> tuple[float, float, float]:
    """Return the largest absolute and relative error, and the least value the latter saw.

    Relative errors are taken where the exact value is above 1e-300, as the law states them.
    """
    true = [reference(place) for place in x.tolist()]
    errors = [abs(Fraction(v) - t) for v, t in zip(values.tolist(), true, strict=True)]
    stated = [(error / t, t) for error, t in zip(errors, true, strict=True) if t > 1e-300]
    relative, least = max(e for e, _ in stated), min(t for _, t in stated)
    return float(max(errors)), float(relative), float(least)


def milliseconds_to_build(model: clt.WeightedSum, repeats: int = 5) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        clt.exact(model)
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, nargs="+", default=[2, 3, 4, 8, 16], help="sizes of sums")
    parser.add_argument("--points", type=int, default=201, help="even points of the grid")
    arguments = parser.parse_args()
    print(" n  build/ms  function  points  absolute  relative  stated   least value")
    for n in arguments.n:
        model = clt.WeightedSum(n=n, inputs="wikipedia", weights=1.0)
        law, reference, x = clt.exact(model), Reference(n), grid(n, arguments.points)
        build = milliseconds_to_build(model)
        for function in ("pdf", "cdf", "sf"):
            values = getattr(law, function)(x)
            absolute, relative, least = largest_errors(values, x, getattr(reference, function))
            print(
                f"{n:2d}  {build:8.2f}  {function:8}  {x.size:6d}  {absolute:.2e}  {relative:.2e}"
                f"  {law.error:.1e}  {least:.2e}"
            )


if __name__ == "__main__":
    main()
