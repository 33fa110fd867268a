"""Hypothetical leads: less noise, and the distance that is asked for."""

from __future__ import annotations

import math

import numpy as np
import pytest

import clt_sim as clt
from clt_sim.gaussianity.normal import density
from clt_sim.gaussianity.views.sample import Sample
from clt_sim.verdicts.hypotheses import least_changed, shrunken_lead
from clt_sim.verdicts.process import FittedProcess


def process_of(name, count, seed=3):
    law = clt.laws.get(name)
    process = FittedProcess.of(
        Sample.of(law.sample(count, rng=np.random.default_rng(seed))).standardize()
    )
    heights, _ = process.paths(0.05)
    lead = math.sqrt(count) * process.lead
    return law, process, heights, lead


def distance_from(law, process, lead):
    mean, sd = law.mean, math.sqrt(law.variance)
    truth = law.cdf(mean + sd * process.places) - law_of_normal(process.places)
    return float((lead / math.sqrt(process.count) - truth) ** 2 @ process.widths())


def law_of_normal(z):
    return clt.laws.get("normal").cdf(z)


@pytest.mark.parametrize("name", ["normal", "logistic", "gamma(shape=20)"])
def test_the_shrunken_lead_is_nearer_to_that_of_the_law(name):
    ratios = []
    for seed in range(10):
        law, process, heights, lead = process_of(name, 1000, seed)
        less = shrunken_lead(lead, process.places, process.widths(), heights)
        ratios.append(distance_from(law, process, less) / distance_from(law, process, lead))
    # Both parts that are kept have noise of their own: about half of all.
    assert np.mean(ratios) < 0.85


def test_what_edgeworth_has_is_kept_and_what_is_noise_is_not():
    _, process, heights, _ = process_of("normal", 1000)
    z = process.places
    leading = (1.3 * (z**2 - 1.0) - 0.4 * (z**3 - 3.0 * z)) * density(z)
    wave = 1e-3 * np.sin(7.0 * z) * density(z)
    kept = shrunken_lead(leading + wave, z, process.widths(), heights)
    assert kept == pytest.approx(leading, abs=1e-4)


def test_far_from_the_normal_law_all_is_kept():
    _, process, heights, lead = process_of("exponential", 10_000)
    less = shrunken_lead(lead, process.places, process.widths(), heights)
    assert np.max(np.abs(less - lead)) < 0.02 * np.max(np.abs(lead))


@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize("distance", [0.0, 0.3, 1.5, 2.0, 4.0])
def test_the_changed_lead_has_its_distance(sign, distance):
    _, _, heights, lead = process_of("exponential", 400)
    changed = least_changed(sign * lead, heights)(distance)
    assert np.max(np.abs(changed)) == pytest.approx(distance, abs=1e-12)
    largest = np.argmax(np.abs(lead))
    assert changed[largest] == pytest.approx(sign * np.sign(lead[largest]) * distance)


def test_two_independent_peaks():
    """Of two peaks only the larger one is raised, and only it is lowered while it is the larger."""
    noise = np.random.default_rng(0).standard_normal((2, 200_000)).astype(np.float32)
    lead_at = least_changed(np.array([2.0, -1.5]), noise)
    assert lead_at(3.0) == pytest.approx([3.0, -1.5], abs=0.02)
    assert lead_at(1.8) == pytest.approx([1.8, -1.5], abs=0.02)
    assert lead_at(1.0) == pytest.approx([1.0, -1.0], abs=0.02)


def test_a_peak_with_the_same_noise_moves_with_it():
    noise = np.random.default_rng(0).standard_normal(10_000).astype(np.float32)
    lead_at = least_changed(np.array([2.0, 1.5]), np.stack([noise, 0.5 * noise]))
    assert lead_at(3.0) == pytest.approx([3.0, 2.0], abs=1e-5)
