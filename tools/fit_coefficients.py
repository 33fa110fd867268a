"""Print the polynomial coefficients that stand as literals in clt_sim._kernels.elementary.

Each polynomial is the Chebyshev interpolant of its function on its interval, computed with
mpmath, then rounded to single precision: within a factor of about two of the best polynomial
of its degree. The rational function for erf solves the linearised least-squares problem on
Chebyshev nodes, reweighted by the last denominator (Sanathanan & Koerner 1963).

Run ``python tools/fit_coefficients.py``; mpmath and NumPy are needed.
"""

from __future__ import annotations

from collections.abc import Callable

import mpmath as mp
import numpy as np

mp.mp.dps = 50


def chebyshev_nodes(low: mp.mpf, high: mp.mpf, count: int) -> list[mp.mpf]:
    middle, half = (low + high) / 2, (high - low) / 2
    return [middle + half * mp.cos(mp.pi * (2 * k + 1) / (2 * count)) for k in range(count)]


def interpolate(function: Callable, low: mp.mpf, high: mp.mpf, degree: int) -> list[float]:
    nodes = chebyshev_nodes(mp.mpf(low), mp.mpf(high), degree + 1)
    vandermonde = mp.matrix([[x**k for k in range(degree + 1)] for x in nodes])
    values = mp.matrix([function(x) for x in nodes])
    return [float(np.float32(float(c))) for c in mp.lu_solve(vandermonde, values)]


def removable(function: Callable, limit: float) -> Callable:
    return lambda x: mp.mpf(limit) if x == 0 else function(x)


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
    print(f"{name} = single({', '.join(repr(float(np.float32(c))) for c in coefficients)})")


def main() -> None:
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


if __name__ == "__main__":
    main()
