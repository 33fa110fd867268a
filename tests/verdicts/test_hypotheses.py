"""Hypothetical leads: less noise, and the distance that is asked for."""

from __future__ import annotations

import math

import numpy as np
import pytest

import clt_sim as clt
from clt_sim.gaussianity.normal import density
from clt_sim.gaussianity.views.sample import Sample
from clt_sim.verdicts.hypotheses import hypothetical_leads, shrunken_lead
from clt_sim.verdicts.process import FittedProcess

NO_ATOMS = np.zeros(2, bool)


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
        less, _ = shrunken_lead(lead, process.places, process.widths(), heights)
        ratios.append(distance_from(law, process, less) / distance_from(law, process, lead))
    # Both parts that are kept have noise of their own: about half of all.
    assert np.mean(ratios) < 0.85


def test_what_edgeworth_has_is_kept_and_what_is_noise_is_not():
    _, process, heights, _ = process_of("normal", 1000)
    z, widths = process.places, process.widths()
    leading = (1.3 * (z**2 - 1.0) - 0.4 * (z**3 - 3.0 * z)) * density(z)
    wave = 1e-3 * np.sin(7.0 * z) * density(z)
    kept, known = shrunken_lead(leading + wave, z, widths, heights)
    assert kept == pytest.approx(leading, abs=1e-4)
    # Half of what is known is for the rest, of which nothing is.
    noise = np.mean(widths @ heights.astype(np.float64) ** 2)
    assert known == pytest.approx(0.5 * (1.0 - noise / (widths @ leading**2)), abs=0.02)


def test_of_a_lead_as_small_as_noise_nothing_is_known():
    _, process, heights, _ = process_of("normal", 1000)
    z = process.places
    _, known = shrunken_lead(0.1 * density(z) * z, z, process.widths(), heights)
    assert known == 0.0


def test_far_from_the_normal_law_all_is_kept():
    _, process, heights, lead = process_of("exponential", 10_000)
    less, known = shrunken_lead(lead, process.places, process.widths(), heights)
    assert np.max(np.abs(less - lead)) < 0.02 * np.max(np.abs(lead))
    assert 0.98 < known < 1.0


@pytest.mark.parametrize("known", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize("distance", [0.0, 0.3, 1.5, 2.0, 4.0])
def test_the_changed_lead_has_its_distance(sign, distance, known):
    _, process, heights, lead = process_of("exponential", 400)
    changed = hypothetical_leads(sign * lead, known, heights, process.at_atoms())(distance)
    assert np.max(np.abs(changed)) == pytest.approx(distance, abs=1e-12)
    largest = np.argmax(np.abs(lead))
    assert changed[largest] == pytest.approx(sign * np.sign(lead[largest]) * distance)


def test_two_independent_peaks():
    """Of two peaks only the larger one is lowered while it is the larger; both are raised."""
    noise = np.random.default_rng(0).standard_normal((2, 200_000)).astype(np.float32)
    lead_at = hypothetical_leads(np.array([2.0, -1.5]), 1.0, noise, NO_ATOMS)
    assert lead_at(3.0) == pytest.approx([3.0, -2.25])
    assert lead_at(2.0) == pytest.approx([2.0, -1.5])
    assert lead_at(1.8) == pytest.approx([1.8, -1.5], abs=0.02)
    assert lead_at(1.0) == pytest.approx([1.0, -1.0], abs=0.02)


def test_a_peak_with_the_same_noise_is_lowered_with_it():
    noise = np.random.default_rng(0).standard_normal(10_000).astype(np.float32)
    lead_at = hypothetical_leads(
        np.array([2.0, 1.5]), 1.0, np.stack([noise, 0.5 * noise]), NO_ATOMS
    )
    assert lead_at(1.6) == pytest.approx([1.6, 1.3], abs=1e-5)
    assert lead_at(1.0) == pytest.approx([1.0, 1.0], abs=1e-5)


def test_what_is_taken_for_noise_is_scaled():
    noise = np.random.default_rng(0).standard_normal((2, 200_000)).astype(np.float32)
    lead = np.array([2.0, -1.5])
    assert hypothetical_leads(lead, 0.0, noise, NO_ATOMS)(1.0) == pytest.approx(0.5 * lead)
    assert hypothetical_leads(lead, 0.6, noise, NO_ATOMS)(1.0) == pytest.approx(
        [1.0, -0.9], abs=0.02
    )


def test_beside_an_atom_only_the_larger_difference_is_raised():
    """The noise of the size of differences on both sides of it is opposite."""
    noise = np.random.default_rng(0).standard_normal(10_000).astype(np.float32)
    both = np.stack([noise, noise])
    lead_at = hypothetical_leads(np.array([2.0, -1.5]), 1.0, both, ~NO_ATOMS)
    assert lead_at(2.2) == pytest.approx([2.2, -1.3], abs=1e-5)


def test_atoms_are_found():
    values = np.random.default_rng(1).binomial(16, 0.5, 1000).astype(float)
    process = FittedProcess.of(Sample.of(values).standardize())
    assert process.at_atoms()[np.argmax(np.abs(process.lead))]
    # Places in gaps are beside no atom.
    assert not np.any(process_of("student-t(df=3)", 100)[1].at_atoms())
    assert not np.any(process_of("laplace", 1000)[1].at_atoms())
