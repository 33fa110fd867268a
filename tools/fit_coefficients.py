"""Print the coefficients that stand as literals in clt_sim._kernels: single and double precision.

Each polynomial is the Chebyshev interpolant of its function on its interval, computed with
mpmath, then rounded: within a factor of about two of the best polynomial of its degree. Two
exceptions solve least-squares problems on Chebyshev nodes. In single precision, erf is a rational
function, from the linearised problem reweighted by the last denominator (Sanathanan & Koerner
1963). In double precision, -log(1 - erf(x)) away from 0 is a polynomial, whose error is weighted
with 1 - erf(x): what it does to erf.

Run ``python tools/fit_coefficients.py``; mpmath and NumPy are needed.
"""

from __future__ import annotations

from collections.abc import Callable

import mpmath as mp
import numpy as np

mp.mp.dps = 80


def chebyshev_nodes(low: mp.mpf, high: mp.mpf, count: int) -> list[mp.mpf]:
    middle, half = (low + high) / 2, (high - low) / 2
    return [middle + half * mp.cos(mp.pi * (2 * k + 1) / (2 * count)) for k in range(count)]


def interpolate(function: Callable, low: mp.mpf, high: mp.mpf, degree: int) -> list[float]:
    nodes = chebyshev_nodes(mp.mpf(low), mp.mpf(high), degree + 1)
    vandermonde = mp.matrix([[x**k for k in range(degree + 1)] for x in nodes])
    values = mp.matrix([function(x) for x in nodes])
    return [float(c) for c in mp.lu_solve(vandermonde, values)]


def removable(function: Callable, limit: float) -> Callable:
    return lambda x: mp.mpf(limit) if x == 0 else function(x)


def minus_log_erfc(low: float, high: float, degree: int) -> list[float]:
    """Fit -log(erfc(x)) for low <= x <= high by a polynomial in x, in absolute error of erfc."""
    nodes = chebyshev_nodes(mp.mpf(low), mp.mpf(high), 4 * degree)
    weights = [mp.erfc(x) for x in nodes]
    columns = range(degree + 1)
    matrix = mp.matrix([[w * x**k for k in columns] for x, w in zip(nodes, weights, strict=True)])
    return [float(c) for c in mp.lu_solve(matrix, mp.matrix([-w * mp.log(w) for w in weights]))]


def erf_rational(largest: float, above: int, below: int) -> tuple[list[float], list[float]]:
    """Fit erf(x)/x = P(x^2)/Q(x^2), Q(0) = 1, for |x| <= largest, in absolute error of erf."""
    x = np.array([float(v) for v in chebyshev_nodes(mp.mpf(0), mp.mpf(largest), 400)])
    target = np.array([float(mp.erf(v)) for v in x])
    z, weight = (x / largest) ** 2, np.ones_like(x)
    for _ in range(30):
        columns = [x * z**k for k in range(above + 1)]
        columns += [-target * z**k for k in range(1, below + 1)]
        matrix = np.stack(columns, 1) * weight[:, None]
        solution = np.linalg.lstsq(matrix, target * weight, rcond=None)[0]
        denominator = 1 + sum(c * z ** (k + 1) for k, c in enumerate(solution[above + 1 :]))
        weight = 1 / denominator
    scale = largest**2
    numerator = [c / scale**k for k, c in enumerate(solution[: above + 1])]
    lower = [1.0] + [c / scale ** (k + 1) for k, c in enumerate(solution[above + 1 :])]
    fitted = x * np.polyval(numerator[::-1], x * x) / np.polyval(lower[::-1], x * x)
    print(f"# erf: largest absolute error before rounding {np.abs(fitted - target).max():.1e}")
    return [float(np.float32(c)) for c in numerator], [float(np.float32(c)) for c in lower]


def show(name: str, coefficients: list[float]) -> None:
    print(f"{name} = _singles({', '.join(repr(float(np.float32(c))) for c in coefficients)})")


def show_double(name: str, coefficients: list[float]) -> None:
    print(f"{name} = _doubles({', '.join(map(repr, coefficients))})")


def single_precision() -> None:
    log_low, log_high = mp.sqrt(mp.mpf(1) / 2) - 1, mp.sqrt(2) - 1
    quarter = (mp.pi / 4) ** 2
    half_log2 = mp.log(2) / 2
    show("LOG1P", interpolate(removable(lambda f: mp.log1p(f) / f, 1), log_low, log_high, 7))
    show("COSINE", interpolate(lambda z: mp.cos(mp.sqrt(z)), 0, quarter, 4))
    sine = removable(lambda z: mp.sin(mp.sqrt(z)) / mp.sqrt(z), 1)
    show("SINE", interpolate(sine, 0, quarter, 3))
    expm1 = removable(lambda r: mp.expm1(r) / r, 1)
    show("EXPM1", interpolate(expm1, -half_log2, half_log2, 5))
    atanh = removable(lambda z: mp.atanh(mp.sqrt(z)) / mp.sqrt(z), 1)
    show("ATANH", interpolate(atanh, 0, mp.mpf(1) / 9, 4))
    numerator, denominator = erf_rational(3.92, 5, 5)
    show("ERF_NUMERATOR", numerator)
    show("ERF_DENOMINATOR", denominator)


def double_precision() -> None:
    """Fit what is left of each function when its first terms, which are exact, are taken off."""
    quarter = (mp.pi / 4) ** 2
    half_log2 = mp.log(2) / 2
    atanh = removable(lambda z: (2 * mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 2) / z, mp.mpf(2) / 3)
    show_double("LOG", interpolate(atanh, 0, (3 - 2 * mp.sqrt(2)) ** 2, 6))
    show_double("LOG1P", interpolate(atanh, 0, mp.mpf(1) / 9, 9))
    cosine = removable(lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2, mp.mpf(1) / 24)
    show_double("COSINE", interpolate(cosine, 0, quarter, 5))
    sine = removable(lambda z: (mp.sin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, -mp.mpf(1) / 6)
    show_double("SINE", interpolate(sine, 0, quarter, 5))
    expm1 = removable(lambda r: (mp.expm1(r) - r) / r**2, 0.5)
    show_double("EXPM1", interpolate(expm1, -half_log2, half_log2, 9))
    erf = removable(lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1, 2 / mp.sqrt(mp.pi) - 1)
    show_double("ERF", interpolate(erf, 0, 1, 11))
    show_double("MINUS_LOG_ERFC", minus_log_erfc(1.0, 6.0, 17))


def main() -> None:
    single_precision()
    double_precision()


if __name__ == "__main__":
    main()
