from __future__ import annotations

import math

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import clt_sim as clt
from clt_sim import engine
from clt_sim.plotting import theory as overlays
from clt_sim.plotting.distances import (
    distance_plot,
    draw_bound,
    draw_distances,
    draw_estimates,
)
from clt_sim.plotting.rates import draw_rate
from clt_sim.plotting.theory import DENSITIES, density_overlay, theory_densities
from clt_sim.theory import RateFit, fit_rate

FIVE = clt.WeightedSum(5, "exponential", weights=1.0)  # a gamma law
HALF = RateFit(0.5, (0.48, 0.52), 0.2, theorem_exponent=0.5)


def new_axes():
    return Figure().subplots()


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def gamma_density(x):
    return np.where(x > 0.0, np.maximum(x, 0.0) ** 4 * np.exp(-x) / 24.0, 0.0)


def standard_normal(z):
    return np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)


def test_the_exact_density_is_in_units_of_the_standardised_sum():
    z, density = theory_densities(FIVE, ["exact"])["exact"]
    np.testing.assert_allclose(density, gamma_density(5 + z * 5**0.5) * 5**0.5, rtol=1e-9)


def test_the_normal_is_the_normal():
    z, density = theory_densities(FIVE, ["normal"])["normal"]
    np.testing.assert_allclose(density, standard_normal(z), rtol=1e-12)


def test_the_edgeworth_densities_have_their_brackets():
    """Hermite polynomials written out, for the cumulants (k - 1)! n^(1 - k/2) of a gamma law."""
    curves = theory_densities(FIVE, ["edgeworth-1", "edgeworth-2", "edgeworth-3"])
    z = curves["edgeworth-1"][0]
    g, k, fifth = 2 / 5**0.5, 6 / 5, 24 / 5**1.5
    he3, he4 = z**3 - 3 * z, z**4 - 6 * z**2 + 3
    he5, he6 = z**5 - 10 * z**3 + 15 * z, z**6 - 15 * z**4 + 45 * z**2 - 15
    he7 = z**7 - 21 * z**5 + 105 * z**3 - 105 * z
    he9 = z**9 - 36 * z**7 + 378 * z**5 - 1260 * z**3 + 945 * z
    first = 1 + g / 6 * he3
    second = first + k / 24 * he4 + g**2 / 72 * he6
    third = second + fifth / 120 * he5 + g * k / 144 * he7 + g**3 / 1296 * he9
    for name, series in zip(curves, (first, second, third), strict=True):
        expected = standard_normal(z) * series
        np.testing.assert_allclose(curves[name][1], expected, rtol=1e-9, atol=1e-13)


def test_the_saddlepoint_density_of_a_gamma_law_is_off_by_stirlings_factor():
    z, density = theory_densities(FIVE, ["saddlepoint"])["saddlepoint"]
    inside = z > -(5**0.5)
    stirling = math.sqrt(2 * math.pi) * 5**4.5 * math.exp(-5) / 24.0
    exact = gamma_density(5 + z[inside] * 5**0.5) * 5**0.5
    np.testing.assert_allclose(density[inside], exact / stirling, rtol=1e-7)
    assert not density[~inside].any()


def test_a_density_has_its_limits_from_both_sides_where_it_jumps():
    z, density = theory_densities(clt.WeightedSum(1, "uniform", weights=1.0), ["exact"])["exact"]
    ends = np.flatnonzero(np.diff(density))
    np.testing.assert_allclose(z[ends], [-math.sqrt(3), math.sqrt(3)], rtol=1e-12)
    assert np.all(z[ends + 1] - z[ends] < 1e-14)
    assert ends.size == 2
    np.testing.assert_allclose(density[[ends[0] + 1, ends[1]]], 1 / (2 * math.sqrt(3)))


def test_of_a_law_with_atoms_the_density_of_the_rest_is_taken():
    """One unit of ReLU: half of the mass is at 0, the rest is half a normal law."""
    model = clt.WeightedSum(1, "normal", "relu", weights=1.0)
    z, density = theory_densities(model, ["exact"])["exact"]
    mean, sd = 1 / math.sqrt(2 * math.pi), math.sqrt(0.5 - 0.5 / math.pi)
    x = mean + sd * z
    away = np.abs(x) > 1e-12  # next to 0 the units round together
    expected = np.where(x > 0.0, standard_normal(x) * sd, 0.0)
    np.testing.assert_allclose(density[away], expected[away], rtol=1e-9)
    np.testing.assert_allclose(density[~away], [0.0, standard_normal(0.0) * sd], rtol=1e-9)


def test_reach_and_points_are_kept():
    z, _ = theory_densities(FIVE, ["normal"], reach=2.0, points=5)["normal"]
    np.testing.assert_allclose(z, [-2, -1, 0, 1, 2])


@pytest.mark.parametrize(
    ("model", "names", "message"),
    [
        (FIVE, ["edgworth-2"], "Did you mean 'edgeworth-2'"),
        (clt.WeightedSum(5, "rademacher", weights=1.0), ["saddlepoint"], "discrete"),
        (clt.WeightedSum(5, "rademacher", weights=1.0), ["exact"], "discrete"),
        (clt.WeightedSum(5, "cauchy", weights=1.0), ["normal"], "variance"),
        (clt.WeightedSum(5, "student-t(df=3.5)", weights=1.0), ["edgeworth-2"], "order 4"),
        (clt.WeightedSum(5, dependence="equicorrelated(correlation=0.1)"), ["normal"], "depend"),
    ],
)
def test_what_has_no_such_density_is_refused_with_the_reason(model, names, message):
    with pytest.raises(ValueError, match=message):
        theory_densities(model, names)


@pytest.mark.parametrize("option", [{"reach": 0.0}, {"points": 1}])
def test_no_reach_and_no_points_are_refused(option):
    with pytest.raises(ValueError, match=next(iter(option))):
        theory_densities(FIVE, ["normal"], **option)


def test_the_lines_are_the_curves_that_were_given():
    curves = theory_densities(FIVE)
    ax = density_overlay(curves, ax=new_axes())
    for line, name in zip(ax.lines, DENSITIES, strict=True):
        np.testing.assert_array_equal(line.get_data(), curves[name])
    assert labels(ax) == [
        "exact",
        "N(0,1)",
        *(f"Edgeworth, order {order}" for order in (1, 2, 3)),
        "saddlepoint",
    ]


def test_the_order_of_the_curves_does_not_matter():
    curves = theory_densities(FIVE, ["saddlepoint", "exact"])
    assert labels(density_overlay(curves)) == ["exact", "saddlepoint"]


def test_on_a_logarithmic_axis_lines_break_where_there_is_nothing_above_0():
    curves = theory_densities(FIVE)
    ax = density_overlay(curves, log=True, ax=new_axes())
    y = ax.lines[DENSITIES.index("edgeworth-3")].get_ydata()
    below = curves["edgeworth-3"][1] <= 0.0
    assert below.any()
    np.testing.assert_array_equal(np.isnan(y), below)
    np.testing.assert_array_equal(y[~below], curves["edgeworth-3"][1][~below])
    bottom, top = ax.get_ylim()
    assert 0.0 < bottom < standard_normal(4.0)
    assert top > max(density.max() for _, density in curves.values())


def test_a_density_without_a_bound_does_not_stretch_the_axis():
    x, y = np.array([-1.0, 0.0, 1.0]), np.array([0.2, math.inf, 0.2])
    for log in (False, True):
        ax = density_overlay({"exact": (x, y)}, log=log)
        assert 0.2 < ax.get_ylim()[1] < 1.0


def test_nothing_above_0_is_an_empty_logarithmic_panel():
    assert density_overlay({"edgeworth-1": ([0.0, 1.0], [-0.1, 0.0])}, log=True).get_ylim()[1] > 0.0


def test_an_overlay_of_nothing_or_of_an_unknown_curve_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        density_overlay({})
    ax = new_axes()
    with pytest.raises(ValueError, match="Did you mean 'exact'"):
        density_overlay({"exakt": ([0, 1], [1, 1])}, ax=ax)
    assert not ax.lines


def test_looks_differ_in_dashes_or_clearly_in_lightness():
    """So that they are told apart without colours."""
    lines = density_overlay(theory_densities(FIVE, points=5)).lines
    looks = [
        (
            str(line._unscaled_dash_pattern),
            line.get_linewidth(),
            round(float(np.dot(to_rgb(line.get_color()), [0.2126, 0.7152, 0.0722])), 1),
        )
        for line in lines
    ]
    assert len(set(looks)) == len(lines)


def test_known_distances_are_a_line_in_the_order_of_n():
    ax = draw_distances({16: 0.03, 1: clt.Estimate(0.16, 0.0), 4: 0.07}, ax=new_axes())
    np.testing.assert_array_equal(ax.lines[0].get_data(), [[1, 4, 16], [0.16, 0.07, 0.03]])
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")


def test_estimates_are_points_with_two_standard_errors_either_side():
    estimates = {4: clt.Estimate(0.07, 0.001), 1: clt.Estimate(0.16, 0.002)}
    points, _, (bars,) = draw_estimates(estimates, ax=new_axes()).containers[0]
    np.testing.assert_array_equal(points.get_data(), [[1, 4], [0.16, 0.07]])
    assert points.get_linestyle() == "None"
    expected = [[[1, 0.156], [1, 0.164]], [[4, 0.068], [4, 0.072]]]
    np.testing.assert_allclose(bars.get_segments(), expected)


def test_a_bar_to_below_0_goes_to_the_edge():
    ax = draw_estimates({1: clt.Estimate(0.1, 0.01), 100: clt.Estimate(0.001, 0.002)})
    ax.figure.draw_without_rendering()
    assert 0.0 < ax.get_ylim()[0] <= 0.001


def test_a_bound_is_a_line_with_a_shade_above_that_does_not_stretch_the_axes():
    ax = draw_bound({1: math.inf, 4: 0.4, 16: 0.2}, ax=new_axes())
    np.testing.assert_array_equal(ax.lines[0].get_data(), [[4, 16], [0.4, 0.2]])
    corners = ax.collections[0].get_paths()[0].vertices
    assert corners[:2].tolist() == [[4, 0.4], [16, 0.2]]
    assert corners[2:4, 1].min() > 1e6
    assert ax.get_ylim()[1] < 1.0


def test_a_rate_is_the_fitted_power_over_what_was_fitted():
    ax = draw_rate(HALF, [64, 4, 16], ax=new_axes())
    np.testing.assert_allclose(ax.lines[0].get_data(), [[4, 64], [0.1, 0.025]])


@pytest.mark.parametrize(
    ("fit", "text"),
    [
        (HALF, "fit $n^{-0.50}$ (95 %: 0.48 to 0.52), theorem $n^{-1/2}$"),
        (RateFit(1.04, (0.5, 1.6), 1.0), "fit $n^{-1.0}$ (95 %: 0.5 to 1.6)"),
        (RateFit(1.0, (1.0, 1.0), 1.0), "fit $n^{-1.0000}$ (95 %: 1.0000 to 1.0000)"),
        (RateFit(-0.5, (-0.54, -0.46), 1.0), "fit $n^{0.50}$ (95 %: -0.54 to -0.46)"),
        (
            RateFit(0.3, (0.29, 0.31), 1.0, 0.9, math.pi / 10),
            "fit $n^{-0.30}$ (90 %: 0.29 to 0.31), theorem $n^{-0.3142}$",
        ),
        (
            RateFit(1.0, (0.9, 1.1), 1.0, theorem_exponent=1.0),
            "fit $n^{-1.0}$ (95 %: 0.9 to 1.1), theorem $n^{-1}$",
        ),
    ],
)
def test_exponents_are_written_with_the_digits_that_are_known(fit, text):
    assert draw_rate(fit, [1, 10]).lines[0].get_label() == text


@pytest.mark.parametrize("draw", [draw_distances, draw_bound])
@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({}, "at least one"),
        ({1: 0.0}, "above 0"),
        ({1: math.nan}, "above 0"),
        ({0: 0.1}, "each n"),
    ],
)
def test_what_has_no_logarithm_is_refused_before_anything_is_drawn(draw, numbers, message):
    ax = new_axes()
    with pytest.raises(ValueError, match=message):
        draw(numbers, ax=ax)
    assert ax.get_xscale() == "linear"


def test_infinite_numbers_and_errors_that_are_none_are_refused():
    with pytest.raises(ValueError, match="finite"):
        draw_distances({1: math.inf})
    with pytest.raises(ValueError, match="at least one"):
        draw_bound({1: math.inf})
    with pytest.raises(ValueError, match="standard errors"):
        draw_estimates({1: clt.Estimate(0.1, math.inf)})
    with pytest.raises(ValueError, match="at least one"):
        draw_rate(HALF, [])


def test_the_plot_of_distances_has_all_of_its_parts():
    exact = {1: 0.159, 16: 0.0332, 256: 0.00831}
    estimates = {1: clt.Estimate(0.16, 0.001), 1024: clt.Estimate(0.0042, 0.0007)}
    bound = {1: 0.93, 1024: 0.029}
    ax = distance_plot(exact=exact, monte_carlo=estimates, bound=bound, fit=HALF, ax=new_axes())
    lines = {line.get_label(): line for line in ax.lines}
    np.testing.assert_array_equal(lines["exact"].get_xdata(), [1, 16, 256])
    np.testing.assert_array_equal(lines["Berry–Esseen bound"].get_ydata(), [0.93, 0.029])
    fitted = next(line for label, line in lines.items() if label.startswith("fit"))
    np.testing.assert_array_equal(fitted.get_xdata(), [1, 1024])
    assert set(labels(ax)) == {"exact", "Berry–Esseen bound", HALF_LABEL, "Monte Carlo ± 2 s.e."}


HALF_LABEL = "fit $n^{-0.50}$ (95 %: 0.48 to 0.52), theorem $n^{-1/2}$"


def test_a_rate_that_was_fitted_to_some_n_is_drawn_over_these():
    ax = distance_plot(exact={1: 0.2, 4: 0.1, 16: 0.05}, fit=HALF, fit_ns=[4, 16])
    np.testing.assert_array_equal(ax.lines[1].get_xdata(), [4, 16])


def test_few_n_are_marked_by_powers_of_two():
    ax = distance_plot(exact={2: 0.016, 32: 0.00085})
    ax.figure.draw_without_rendering()
    marks = [text.get_text() for text in ax.get_xticklabels()]
    assert {"2", "4", "8", "16", "32"} <= set(marks)


def test_a_plot_without_distances_is_refused():
    with pytest.raises(ValueError, match="exact or monte_carlo"):
        distance_plot(bound={1: 0.9})


def test_the_legends_are_above_the_panels_and_inside_the_figure():
    panels = [
        density_overlay(theory_densities(FIVE)),
        distance_plot(exact={1: 0.2, 1000: 0.01}, bound={1: 0.9, 1000: 0.03}, fit=HALF),
    ]
    for ax in panels:
        ax.figure.draw_without_rendering()
        legend, panel = ax.get_legend().get_window_extent(), ax.get_window_extent()
        assert legend.y0 >= panel.y1
        whole = ax.figure.bbox
        assert legend.x1 <= whole.x1 + 1.0
        assert legend.y1 <= whole.y1 + 1.0


def test_each_drawing_returns_the_axes_that_it_was_given():
    estimates = {1: clt.Estimate(0.16, 0.002)}
    for draw, data in (
        (draw_distances, {1: 0.1}),
        (draw_estimates, estimates),
        (draw_bound, {1: 0.1}),
        (density_overlay, theory_densities(FIVE, ["normal"])),
    ):
        ax = new_axes()
        assert draw(data, ax=ax) is ax
    ax = new_axes()
    assert draw_rate(HALF, [1, 2], ax=ax) is ax
    assert distance_plot(exact={1: 0.1}, ax=ax) is ax


def test_nothing_is_simulated(monkeypatch):
    def refuse(*_args, **_options):
        raise AssertionError("a plot has simulated")

    for name in ("simulate", "simulate_path", "sample"):
        monkeypatch.setattr(engine, name, refuse)
        assert not hasattr(overlays, name)
    density_overlay(theory_densities(FIVE))
    fit = fit_rate([1, 10, 100], [0.3, 0.1, 0.03])
    distance_plot(exact={1: 0.3, 10: 0.1, 100: 0.03}, fit=fit)
