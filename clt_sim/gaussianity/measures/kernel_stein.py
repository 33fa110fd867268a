"""The kernel Stein discrepancy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.estimate import Estimate
from clt_sim.gaussianity.measure import Measure
from clt_sim.gaussianity.numerics.gauss_transform import ERROR, gauss_transform
from clt_sim.gaussianity.numerics.kernel_tails import tails
from clt_sim.gaussianity.numerics.lead_nodes import LeadNodes
from clt_sim.gaussianity.numerics.midpoints import estimate_from_midpoints
from clt_sim.gaussianity.numerics.mixture_waves import integrated_square
from clt_sim.measures import UnavailableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.binned import BinnedDraws
    from clt_sim.gaussianity.views.distribution import Distribution
    from clt_sim.gaussianity.views.sample import Sample
    from clt_sim.gaussianity.views.scale_mixture import ScaleMixture

_EPS = float(np.finfo(np.float64).eps)
_NO_MEAN = "is not defined: the {} has no finite mean"


class KernelStein(Measure):
    """The squared kernel Stein discrepancy from N(0, 1), with the kernel ``K = exp(-(x - y)^2/2)``.

    With the Stein operator ``h'(x) - x h(x)`` on both arguments of K it is ``E u(X, X')``,
    ``u(x, y) = (x y + 1 - 2 (x - y)^2) K`` (Q. Liu, J. Lee & M. Jordan, A kernelized Stein
    discrepancy for goodness-of-fit tests, 2016; K. Chwialkowski, H. Strathmann & A. Gretton, A
    kernel test of goodness of fit, 2016), and so ``integral |t f(t) + f'(t)|^2 phi(t) dt`` of the
    characteristic function f, of which only the normal one makes the integrand 0. It is not
    bounded: that of ``N(m, s^2)`` is
    ``m^2 (1 + 2 s^2)^(-1/2) + (1 - s^2)^2 (1 + 2 s^2)^(-3/2)``.

    It takes a finite mean. Of a sample it is the V-statistic, with the terms ``u(x, x) = 1 + x^2``:
    without a finite variance their share is infinite in the mean, and falls more slowly than
    ``1/n``. The influence function is ``2 (E u(z, X) - E u(X, X'))``. For a normal law it vanishes:
    then the plug-in value shows the floor of sampling, of order ``1/n`` (``2/n`` with mean and sd
    known, less when they are estimated).
    """

    name: ClassVar[str] = "kernel-stein"

    def of_sample(self, sample: Sample) -> tuple[float, NDArray[np.float64]]:
        """Return the value and its influence function, by a fast Gauss transform.

        The error of the value is within 1e-13 of the mean of ``1 + z^2``.
        """
        z, weights = sample.values, sample.weights
        sums = gauss_transform(z, weights, 2)
        mean = z * z
        mean -= 1.0
        mean *= sums[0]
        mean += z * sums[1]
        mean -= 2.0 * sums[2]
        value = float(weights @ mean)
        known = 2.0 * (mean - value)
        if sample.standardized:
            known = sample.fitted(known, *_derivatives(sample, sums))
        return max(value, 0.0), known

    def of_binned(self, binned: BinnedDraws) -> Estimate:
        """Return the value with draws at the middles of bins and an error of resolution.

        Raises
        ------
        UnavailableError
            If the model has no finite mean.
        """
        if binned.tail_index <= 1.0:
            raise UnavailableError(_NO_MEAN.format("model"))
        return estimate_from_midpoints(self, binned)

    def of_distribution(self, distribution: Distribution) -> Estimate:
        """Return the double integral over F - Phi by quadrature; of a discrete law a sum.

        Raises
        ------
        UnavailableError
            If the law has no finite mean, or too much of it is out of the reach of quadrature.
        """
        if not math.isfinite(distribution.law.mean):
            raise UnavailableError(_NO_MEAN.format("law"))
        shift = 2.0 * _EPS * abs(distribution.location) / distribution.scale
        if distribution.is_discrete:
            atoms = distribution.atoms()
            value, _ = self.of_sample(atoms)
            size = 4.0 * float(atoms.weights @ (1.0 + atoms.values**2))
            return Estimate(value, size * (distribution.precision + ERROR) + shift)
        value, error = _integral(LeadNodes.of(distribution, order=1), distribution)
        return Estimate(max(value, 0.0), error + shift)

    def of_mixture(self, mixture: ScaleMixture) -> Estimate:
        """Return the integral over t of the squared residual of the normal equation.

        Raises
        ------
        UnavailableError
            If the model has no finite mean.
        """
        if mixture.tail_index <= 1.0:
            raise UnavailableError(_NO_MEAN.format("model"))
        return integrated_square(mixture, _wave)


def _derivatives(sample: Sample, sums: NDArray[np.float64]) -> tuple[float, float]:
    """Return the derivatives at 0 of ``E u(X - d, X' - d)`` and ``E u(X/(1 + d), X'/(1 + d))``.

    The latter is ``E[(-2 X X' + 4 D^2 + (X X' + 1 - 2 D^2) D^2) K]`` with ``D = X - X'``. By
    exchange of X and X', with ``A = X^3 S'(X)`` and ``B = X^2 (S''(X) + S(X))``, the means of
    ``X X' K``, ``D^2 K``, ``X X' D^2 K`` and ``D^4 K`` are those of ``X^2 S + X S'``, ``S'' + S``,
    ``-2 A - 2 B`` and ``4 A + 6 B``.
    """
    z, weights = sample.values, sample.weights
    first, second = weights * z, weights * z * z
    product = float(second @ sums[0] + first @ sums[1])
    quadratic = float(weights @ sums[2] + weights @ sums[0])
    a = float((second * z) @ sums[1])
    b = float(second @ sums[2] + second @ sums[0])
    shift = -2.0 * float(first @ sums[0])
    return shift, -2.0 * product + 5.0 * quadratic - 10.0 * a - 14.0 * b


def _integral(nodes: LeadNodes, distribution: Distribution) -> tuple[float, float]:
    """Return the integral over ``d^2u/dxdy`` and its error.

    That derivative is ``2 He_4(d) - x y He_2(d)``, times K, with ``d = y - x`` and so
    ``d He_2(d) = He_3(d) + 2 He_1(d)``.
    """
    z, masses = nodes.z, nodes.weights * nodes.lead
    _, first, second, third, fourth = gauss_transform(z, masses, 4)
    transformed = 2.0 * fourth - z * z * second - z * (third + 2.0 * first)
    error = nodes.error(transformed, ERROR * nodes.nearby() * (2.0 + 3.0 * np.abs(z) + z * z))
    added, missing = tails(distribution, nodes, 1, _slope, lambda end: 1.0 + end * end)
    return float(masses @ transformed) + added, error + missing


def _slope(x: float, y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the derivative of u(x, y) in y."""
    d = x - y
    return (x + 4.0 * d + d * (x * y + 1.0 - 2.0 * d * d)) * np.exp(-0.5 * d * d)


def _wave(
    t: NDArray[np.float64], sd: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ``t f(t) + f'(t)`` of N(0, sd^2) and its derivative in scale."""
    square = sd * sd
    wave = t * np.exp(-0.5 * square * t * t)
    return (1.0 - square) * wave, (2.0 + (1.0 - square) * t * t) * square * wave
