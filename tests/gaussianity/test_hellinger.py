"""The Hellinger distance against closed forms and 30-digit quadrature."""

from __future__ import annotations

import itertools
import math

import mpmath
import numpy as np
import pytest
import scipy.stats

import clt_sim as clt
from clt_sim import Estimate, laws
from clt_sim.gaussianity.measures.divergences import TotalVariation
from clt_sim.gaussianity.measures.hellinger import Hellinger
from clt_sim.gaussianity.views.binned import BinnedDraws
from clt_sim.gaussianity.views.distribution import Distribution
from clt_sim.gaussianity.views.sample import Sample
from clt_sim.gaussianity.views.scale_mixture import ScaleMixture
from clt_sim.measures import UnavailableError

MEASURE = Hellinger()


def of_law(law, *, standardize=False, measure=MEASURE):
    law = laws.get(law) if isinstance(law, str) else law
    return Distribution.of(law, standardize=standardize).estimate(measure)


def of_mixture(mixture, *, standardize):
    return ScaleMixture.of(mixture, standardize=standardize).estimate(MEASURE)


@pytest.mark.parametrize("sd", [1e-3, 0.7, 1.0, 1.0 + 1e-6, 100.0])
@pytest.mark.parametrize("mean", [0.0, 1e-5, -2.0, 30.0])
def test_normal_laws(mean, sd):
    found = of_law(laws.Normal(mean=mean, sd=sd))
    with mpmath.workdps(40):
        v = 1 + mpmath.mpf(sd) ** 2
        affinity = mpmath.sqrt(2 * mpmath.mpf(sd) / v) * mpmath.exp(
            -(mpmath.mpf(mean) ** 2) / 4 / v
        )
        assert abs(found.value - mpmath.sqrt(1 - affinity)) <= found.stderr < 2e-14


def affinity_of(density, cuts):
    with mpmath.workdps(25):
        return mpmath.quad(lambda z: mpmath.sqrt(density(z) * mpmath.npdf(z)), cuts)


ROOT2, ROOT3 = mpmath.sqrt(2), mpmath.sqrt(3)


def student(z):
    return mpmath.gamma(2) / mpmath.sqrt(3 * mpmath.pi) / mpmath.gamma(1.5) / (1 + z * z / 3) ** 2


CASES = {
    "uniform(low=-1.7320508075688772,high=1.7320508075688772)": (
        lambda z: 1 / (2 * ROOT3),
        [-ROOT3, 0, ROOT3],
    ),
    "laplace": (lambda z: mpmath.exp(-abs(z)) / 2, [-20, -8, -3, 0, 3, 8, 20]),
    "exponential": (lambda z: mpmath.exp(-z), [0, 1, 3, 8, 20]),
    "student-t(df=3)": (student, [-26, -12, -6, -2, 0, 2, 6, 12, 26]),
    # in y = x^(1/4) the pole of x^(-3/4) is smooth
    "gamma(shape=.25)": None,
    "arcsine": None,
}


@pytest.mark.parametrize("text", CASES)
def test_laws(text):
    with mpmath.workdps(25):
        if text == "arcsine":  # x = sin^2(a)
            affinity = mpmath.quad(
                lambda a: mpmath.sqrt(
                    mpmath.npdf(mpmath.sin(a) ** 2) * 2 * mpmath.sin(2 * a) / mpmath.pi
                ),
                [0, mpmath.pi / 4, mpmath.pi / 2],
            )
        elif text.startswith("gamma"):
            affinity = mpmath.quad(
                lambda y: mpmath.sqrt(
                    16 * y**3 * mpmath.exp(-(y**4)) / mpmath.gamma(0.25) * mpmath.npdf(y**4)
                ),
                [0, 0.5, 1, 1.5, 2.3],
            )
        else:
            affinity = affinity_of(*CASES[text])
        found = of_law(text)
        assert abs(found.value - mpmath.sqrt(1 - affinity)) <= found.stderr + 1e-15
        assert found.stderr < 1e-10


def test_an_atom_beside_a_density():
    """Half of the density is left, and the atom has no part in the affinity."""
    found = of_law("sparse(slab='normal',zero_probability=.75)")
    assert abs(found.value - math.sqrt(1.0 - math.sqrt(0.25))) <= found.stderr < 1e-13
    far = of_law("mixture(components=('constant(value=50)','normal'),weights=(.5,.5))")
    assert abs(far.value - math.sqrt(1.0 - math.sqrt(0.5))) <= far.stderr < 1e-13


@pytest.mark.parametrize("text", ["rademacher", "bernoulli(probability=.3)"])
def test_discrete_laws(text):
    assert of_law(text, standardize=True) == Estimate(1.0, 0.0)


@pytest.mark.parametrize(
    "text", ["wikipedia", "triangular", "logistic", "lognormal", "stable(alpha=.7)"]
)
def test_le_cams_inequalities(text):
    hellinger = of_law(text).value
    variation = of_law(text, measure=TotalVariation()).value
    assert hellinger**2 <= variation <= hellinger * math.sqrt(2.0 - hellinger**2)


def test_an_exact_law_by_quadrature():
    law = clt.exact(clt.WeightedSum(n=4, inputs="uniform", weights=1.0))
    found = of_law(law, standardize=True)
    sd = math.sqrt(law.variance)
    cuts = [*sorted({-13.0, 13.0, *((k - law.mean) / sd for k in law.kinks)}), 0.1]
    parts = [
        scipy.integrate.quad(
            lambda z: (
                (
                    math.sqrt(sd * float(law.pdf(law.mean + sd * z)))
                    - math.sqrt(scipy.stats.norm.pdf(z))
                )
                ** 2
            ),
            *pair,
            epsabs=1e-15,
        )[0]
        for pair in itertools.pairwise(sorted(cuts))
    ]
    assert found.value == pytest.approx(math.sqrt(0.5 * math.fsum(parts)), rel=1e-6)
    assert found.stderr < 1e-12


def test_draws_have_no_density():
    with pytest.raises(UnavailableError, match="needs a density"):
        MEASURE.of_sample(Sample.of(np.arange(9.0)))
    summary = clt.simulate(clt.WeightedSum(n=1, inputs="uniform", weights=1.0), 1000)
    with pytest.raises(UnavailableError, match="needs a density"):
        BinnedDraws.of(summary, standardize=True).estimate(MEASURE)


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_draws_of_a_variance(standardize, scale):
    network = clt.RandomNetwork([2], "identity", "normal", scale)
    found = of_mixture(clt.simulate_conditional(network, 20_000, seed=1), standardize=standardize)
    law = of_law(laws.Laplace(scale=scale * math.sqrt(0.5)), standardize=standardize)
    assert abs(found.value - law.value) < 4.5 * found.stderr < 0.01


def test_a_mixture_of_one_normal_law_and_of_an_atom():
    network = clt.RandomNetwork([5], "abs", "normal", 4.0, normalization="rms")
    mixture = clt.simulate_conditional(network, 100)
    raw = of_mixture(mixture, standardize=False)
    assert abs(raw.value - of_law(laws.Normal(sd=2.0)).value) <= raw.stderr < 1e-5
    assert of_mixture(mixture, standardize=True).value < 1e-6
    mixture = clt.simulate_conditional(clt.RandomNetwork([1, 1], "relu"), 1000)
    assert of_mixture(mixture, standardize=True).value ** 2 > 0.5 * mixture.mass_at_location.value


@pytest.mark.parametrize("standardize", [True, False])
def test_standard_errors_of_mixtures_are_those_between_seeds(standardize):
    """The variance between 65 seeds over that stated: a chi-squared number, off with 1e-4."""
    network = clt.RandomNetwork([4], "relu")
    found = [
        of_mixture(clt.simulate_conditional(network, 1024, seed=s), standardize=standardize)
        for s in range(65)
    ]
    low, high = scipy.stats.chi2.ppf([5e-5, 1.0 - 5e-5], 64) / 64
    spread = np.var([item.value for item in found], ddof=1)
    assert low < spread / np.mean([item.stderr**2 for item in found]) < high
