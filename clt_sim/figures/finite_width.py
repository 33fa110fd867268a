"""Pre-activations of random networks of finite width: distances to the normal, and kurtosis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy.special import ndtr

from clt_sim import laws, nonlinearities
from clt_sim._validation import whole
from clt_sim.engine import simulate, simulate_conditional
from clt_sim.exact import ExactLaw, NoExactLaw, exact
from clt_sim.figures.recipe import Progress, Recipe, registry
from clt_sim.gaussianity import gaussianity
from clt_sim.layer_tables.sampling_floor import sampling_floor
from clt_sim.models import RandomNetwork
from clt_sim.plotting import style
from clt_sim.plotting.distances import BARS
from clt_sim.plotting.style import NORMAL, PAGE_WIDTH
from clt_sim.theory import depth_limit, network_kurtosis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from clt_sim.estimate import Estimate
    from clt_sim.summaries import NormalMixture, Summary

DRAWS = {"draft": 10_000, "paper": 1_000_000}
TERMS = {"draft": 1_000_000_000, "paper": 25_000_000_000}
"""A point of a wide and deep network has fewer draws, so that it has so many terms at most."""
FEWEST_DRAWS = 1_000
EXACT_DEPTHS = {"draft": 2, "paper": 20}
"""How many depths have an exact law, as well as all that are simulated."""
FLOOR_DRAWS = 10_000
"""The distance of so many normal draws, standardised, is drawn as the floor of sampling."""
MOST_DEPTH = 100
_LOOKS = (
    ("#bd1f01", "-", "o"),
    ("#c77c02", (0, (5, 1.5)), "s"),
    ("#3f90da", (0, (3, 1, 1, 1)), "^"),
    ("#832db6", (0, (1, 1)), "D"),
    ("#5b7f2b", (0, (7, 1.5, 1, 1.5)), "v"),
)
"""Colour, dashes and marker of each width."""
_SCALE = "#8a8f94"


@registry.register
@dataclass(frozen=True, slots=True)
class FiniteWidth(Recipe):
    """How far pre-activations of random networks are from normal, by depth and width.

    The quantity is the pre-activation of one unit after some hidden layers of equal width, over
    random weights, at the input 1. Its Kolmogorov distance to N(0,1) is shown as it is, where a
    standard deviation that is not 1 counts, too, and standardised, where only the shape does; its
    excess kurtosis along the depth, and against depth over width. P. Wolinski & J. Arbel (Gaussian
    Pre-Activations in Neural Networks: Myth or Reality?, 2022) show the former.

    Parameters
    ----------
    nonlinearity : Nonlinearity or str
        Of the hidden layers.
    widths : sequence of int
        One to five widths.
    depth : int
        The most hidden layers, from 2 to 100.
    weight_variance : float
        Of the weights times the fan-in.
    bias_variance : float
        Of the biases.
    weights : Law or str
        Law of the weights. If it is not normal, every weight is drawn and not only the variance of
        the pre-activation given the layer before, which takes as many times longer as the
        network is wide; there is no exact law then.
    """

    name: ClassVar[str] = "finite-width"
    title: ClassVar[str] = "Pre-activations of random networks by depth and width, next to N(0,1)"

    nonlinearity: str = "relu"
    widths: Sequence[int] = (10, 100, 1000)
    depth: int = 20
    weight_variance: float = 2.0
    bias_variance: float = 0.0
    weights: str = "normal"

    def __post_init__(self) -> None:
        """Check the parameters."""
        given: Any = self.widths
        if not isinstance(given, list | tuple | range | np.ndarray):
            raise TypeError(f"widths must be a list of whole numbers, not {self.widths!r}.")
        if not 1 <= len(set(given)) == len(given) <= len(_LOOKS):
            raise ValueError(
                f"widths must be 1 to {len(_LOOKS)} different numbers, not {self.widths!r}."
            )
        put = object.__setattr__
        put(self, "depth", whole("depth", self.depth, least=2, most=MOST_DEPTH))
        networks = [self._network(width, self.depth) for width in self.widths]
        put(self, "widths", tuple(network.n for network in networks))
        put(self, "nonlinearity", str(nonlinearities.get(self.nonlinearity)))
        put(self, "weights", str(laws.get(self.weights)))
        put(self, "weight_variance", networks[0].weight_variance)
        put(self, "bias_variance", networks[0].bias_variance)
        for network in networks:
            if network.tail_index <= 2.0:
                raise ValueError(f"no variance to standardise by is known for the {network}.")
            if _is_normal(network):
                raise ValueError(f"there is nothing to draw: normal at any width is the {network}.")

    def _network(self, width: int, depth: int) -> RandomNetwork:
        return RandomNetwork(
            [width] * depth,
            self.nonlinearity,
            self.weights,
            self.weight_variance,
            self.bias_variance,
        )

    def compute(self, *, quality: str, seed: int, progress: Progress) -> dict[str, Any]:
        """Simulate each network, and find its exact law and kurtosis where there is a route."""
        simulated = _depths_of_marks(self.depth)
        known = np.geomspace(1, self.depth, EXACT_DEPTHS[quality]).round().astype(int)
        depths = sorted({*simulated, *known.tolist()})
        widths = []
        for index, width in enumerate(self.widths):
            points = []
            for place, depth in enumerate(depths):
                done = (index + place / len(depths)) / len(self.widths)
                progress(f"width {width}, {depth} hidden layers", done)
                network = self._network(width, depth)
                draws = _draws(network, quality) if depth in simulated else 0
                points.append({"depth": depth, **_point(network, draws, seed)})
            widths.append({"width": width, "points": points, "theory": self._theory(width)})
        return {
            "network": str(self._network(self.widths[0], 1)),
            "sampler": self._network(self.widths[0], 1).sampler,
            "floor": {
                "draws": FLOOR_DRAWS,
                "kolmogorov": _pair(sampling_floor("kolmogorov", FLOOR_DRAWS)),
            },
            "widths": widths,
            "limit": self._limit(),
        }

    def _theory(self, width: int) -> dict[str, Any] | None:
        """Return the excess kurtosis at every depth, or None where there is no formula."""
        depths = range(1, self.depth + 1)
        try:
            found = [network_kurtosis(self._network(width, depth)) for depth in depths]
        except ValueError:
            return None
        return {
            "depth": list(depths),
            "excess_kurtosis": [kurtosis.value - 3.0 for kurtosis in found],
            "exact": all(kurtosis.exact for kurtosis in found),
        }

    def _limit(self) -> dict[str, Any] | None:
        """Return the excess kurtosis of the limit of depth in proportion to width, if known."""
        ratios = np.geomspace(1.0 / max(self.widths), self.depth / min(self.widths), 101)
        try:
            rate = depth_limit(self._network(self.widths[0], 1)).rate
        except ValueError:
            return None
        return {"ratio": ratios, "excess_kurtosis": 3.0 * np.expm1(rate * ratios), "rate": rate}

    def draw(self, data: dict[str, Any]) -> Figure:
        """Draw two distances and twice the kurtosis."""
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine

        with style():
            spaced = ConstrainedLayoutEngine(hspace=0.06, wspace=0.04)
            figure = Figure(figsize=(PAGE_WIDTH, 5.1), layout=spaced)
            grid = figure.subplots(2, 2)
            _draw_distances(data, "raw", grid[0, 0])
            _draw_distances(data, "standardised", grid[0, 1])
            _draw_kurtosis(data, grid[1, 0])
            _draw_kurtosis_of_ratio(data, grid[1, 1])
            for ax in (*grid[0], grid[1, 0]):
                marks = _depths_of_marks(self.depth)
                ax.set(xscale="log", xlabel="hidden layers before the pre-activation")
                ax.set_xticks(marks, [str(depth) for depth in marks])
                ax.set_xticks([], minor=True)
            for letter, ax in zip("abcd", grid.flat, strict=True):
                ax.set_title(letter, loc="left", fontweight="bold")
            _legend(data, figure)
        return figure


def _is_normal(network: RandomNetwork) -> bool:
    """Return whether the variance given all but the last weights is known to be constant."""
    try:
        kurtosis = network_kurtosis(network)
    except ValueError:
        return False
    normal = network.sampler == "conditional" and kurtosis.exact
    return normal and math.isclose(kurtosis.value, 3.0, rel_tol=1e-12)


def _depths_of_marks(depth: int) -> list[int]:
    """Return 1, 2, 5, 10, 20, 50 and so on, up to the depth and with it."""
    series = [digit * 10**power for power in range(3) for digit in (1, 2, 5)]
    # One that is nearly the depth would be written over it.
    return [value for value in series if 1.3 * value < depth] + [depth]


def _draws(network: RandomNetwork, quality: str) -> int:
    return max(min(DRAWS[quality], TERMS[quality] // network.terms), FEWEST_DRAWS)


def _point(network: RandomNetwork, draws: int, seed: int) -> dict[str, Any]:
    """Return what is shown of one network; without draws only what is exact."""
    point: dict[str, Any] = {"exact": None, "monte_carlo": None, "scale": None}
    try:
        point["exact"] = _distances(exact(network))
    except NoExactLaw as reason:
        point["no_exact_law"] = str(reason)
    if draws:
        draw = simulate_conditional if network.sampler == "conditional" else simulate
        point["monte_carlo"] = {"draws": draws, **_distances(draw(network, draws, seed=seed))}
    source = point["exact"] or point["monte_carlo"]
    if source is not None:
        point["scale"] = {"sd": source["sd"], "kolmogorov": distance_of_scale(source["sd"])}
    return point


def _distances(source: ExactLaw | NormalMixture | Summary) -> dict[str, Any]:
    """Return the distances to N(0,1), the kurtosis and the standard deviation."""
    shape = gaussianity(source, measures=["kolmogorov", "excess-kurtosis"])
    raw = gaussianity(source, measures=["kolmogorov"], standardize=False)
    return {
        "raw": _pair(raw["kolmogorov"]),
        "standardised": _pair(shape["kolmogorov"]),
        "excess_kurtosis": _pair(shape["excess-kurtosis"]),
        "sd": math.sqrt(float(source.variance)),
    }


def distance_of_scale(sd: float) -> float:
    """Return the Kolmogorov distance of N(0, sd^2) to N(0,1).

    The distribution functions are farthest apart where the densities are equal, which is at
    ``x^2 = 2 ln(sd)/(1 - sd^-2)``.

    Parameters
    ----------
    sd : float
        Above 0.

    Returns
    -------
    float
        From 0 for 1 to less than 1/2.
    """
    if sd == 1.0:
        return 0.0
    x = math.sqrt(2.0 * math.log(sd) / (1.0 - sd**-2.0))
    return float(abs(ndtr(x) - ndtr(x / sd)))


def _pair(estimate: Estimate) -> dict[str, float]:
    return {"value": estimate.value, "stderr": estimate.stderr}


def _draw_distances(data: dict[str, Any], kind: str, ax: Axes) -> None:
    for width, look in zip(data["widths"], _LOOKS, strict=False):
        known = [point for point in width["points"] if point["exact"] is not None]
        _draw_exact(known, kind, look, ax)
        _draw_simulated(width["points"], kind, look, ax, joined=len(known) < 2)
        if kind == "raw":
            _draw_scale(width["points"], ax)
    titles = {"raw": "raw: scale and shape", "standardised": "standardised: shape alone"}
    ax.set(yscale="log", ylabel="Kolmogorov distance to N(0,1)", title=titles[kind])
    if kind == "raw":
        _with_readable_decades(ax)
    elif data["sampler"] == "conditional":
        _draw_floor(data["floor"], ax)
    else:
        _draw_floors_of_points(data, ax)


def _draw_exact(known: list[dict[str, Any]], kind: str, look: Any, ax: Axes) -> None:
    colour, dashes, _ = look
    ax.plot(
        [point["depth"] for point in known],
        _sizes([point["exact"][kind]["value"] for point in known]),
        color=colour,
        ls=dashes,
        # The law of one hidden layer alone, as of tanh, is no line.
        marker="_" if len(known) == 1 else "",
        markersize=9.0,
        zorder=3,
    )


def _draw_simulated(
    points: list[dict[str, Any]], kind: str, look: Any, ax: Axes, *, joined: bool
) -> None:
    """Draw points with bars, joined by a thin line where nothing exact joins them."""
    colour, dashes, marker = look
    drawn = [point for point in points if point["monte_carlo"] is not None]
    estimates = [point["monte_carlo"][kind] for point in drawn]
    ax.errorbar(
        [point["depth"] for point in drawn],
        _sizes([estimate["value"] for estimate in estimates]),
        yerr=[BARS * estimate["stderr"] for estimate in estimates],
        color=colour,
        linestyle=dashes if joined else "none",
        linewidth=0.6,
        marker=marker,
        markersize=3.2,
        markerfacecolor="white",
        markeredgewidth=0.8,
        elinewidth=0.8,
        capsize=1.5,
        zorder=4,
    )


def _draw_scale(points: list[dict[str, Any]], ax: Axes) -> None:
    """Draw the distance of the normal law with the same standard deviation."""
    shown = [point for point in points if point["scale"] is not None]
    depths = [point["depth"] for point in shown]
    distances = _sizes([point["scale"]["kolmogorov"] for point in shown])
    ax.plot(depths, distances, color=_SCALE, lw=2.6, alpha=0.45, zorder=1)


def _draw_floor(floor: dict[str, Any], ax: Axes) -> None:
    ax.axhline(floor["kolmogorov"]["value"], color=NORMAL, ls=(0, (1, 2)), lw=0.8, zorder=1)


def _draw_floors_of_points(data: dict[str, Any], ax: Axes) -> None:
    """Draw the floor for the draws of each point; it falls like the root of their number."""
    floor = data["floor"]
    for width in data["widths"]:
        drawn = [point for point in width["points"] if point["monte_carlo"] is not None]
        counts = np.array([point["monte_carlo"]["draws"] for point in drawn])
        values = floor["kolmogorov"]["value"] * np.sqrt(floor["draws"] / counts)
        depths = [point["depth"] for point in drawn]
        ax.plot(depths, values, color=NORMAL, ls=(0, (1, 2)), lw=0.8, zorder=1)


def _draw_kurtosis(data: dict[str, Any], ax: Axes) -> None:
    for width, look in zip(data["widths"], _LOOKS, strict=False):
        theory = width["theory"]
        if theory is not None:
            ax.plot(
                theory["depth"],
                _sizes(theory["excess_kurtosis"]),
                color=look[0],
                ls=look[1],
                zorder=3,
            )
        _draw_simulated(width["points"], "excess_kurtosis", look, ax, joined=theory is None)
    ax.set(yscale="log", ylabel=_kurtosis_label(data), title="kurtosis by depth")
    ax.set_yticks([], minor=True)


def _draw_kurtosis_of_ratio(data: dict[str, Any], ax: Axes) -> None:
    for width, (colour, _, marker) in zip(data["widths"], _LOOKS, strict=False):
        n, theory = width["width"], width["theory"]
        if theory is None:
            drawn = [point for point in width["points"] if point["monte_carlo"] is not None]
            depths = [point["depth"] for point in drawn]
            values = [point["monte_carlo"]["excess_kurtosis"]["value"] for point in drawn]
        else:
            depths, values = theory["depth"], theory["excess_kurtosis"]
        ratios = np.array(depths) / n
        ax.plot(ratios, _sizes(values), color=colour, ls="none", marker=marker, ms=2.6, zorder=3)
    limit = data["limit"]
    if limit is not None:
        ax.plot(limit["ratio"], limit["excess_kurtosis"], color=NORMAL, lw=0.8, zorder=2)
        ax.annotate(
            f"limit of depth with width,\n$3e^{{{limit['rate']:.3g}t}} - 3$",
            (0.04, 0.97),
            xycoords="axes fraction",
            va="top",
            linespacing=1.3,
        )
    ax.set(xscale="log", yscale="log", ylabel=_kurtosis_label(data))
    ax.set(xlabel="hidden layers over width, $t$", title="kurtosis by depth over width")
    ax.set_yticks([], minor=True)


def _sizes(values: Sequence[float]) -> list[float]:
    """Return absolute values, with nan for a 0, which a logarithmic axis does not have."""
    return [abs(value) or math.nan for value in values]


def _kurtosis_label(data: dict[str, Any]) -> str:
    theories = [width["theory"] for width in data["widths"] if width["theory"] is not None]
    negative = any(min(theory["excess_kurtosis"]) < 0.0 for theory in theories)
    return "size of the excess kurtosis" if negative else "excess kurtosis"


def _with_readable_decades(ax: Axes) -> None:
    """Write the marks 1, 2 and 5 of each decade as numbers, where there is hardly one decade."""
    from matplotlib.ticker import LogLocator, NullLocator

    ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_locator(NullLocator())


def _legend(data: dict[str, Any], figure: Figure) -> None:
    """Explain below all panels what occurs in any of them."""
    from matplotlib.lines import Line2D

    theories = [width["theory"] for width in data["widths"] if width["theory"] is not None]
    known = all(theory["exact"] for theory in theories)
    line = "exact" if known else "exact, or kurtosis to order 1/width"
    entries = {
        f"width {width['width']}": Line2D(
            [], [], color=colour, ls=dashes, marker=marker, markersize=3.2, markerfacecolor="white"
        )
        for width, (colour, dashes, marker) in zip(data["widths"], _LOOKS, strict=False)
    }
    bars = f"Monte Carlo ± {BARS:g} s.e."
    floor = f"floor of {data['floor']['draws']:,} draws".replace(",", "\u2009")
    if data["sampler"] == "direct":
        floor = "floor of as many normal draws"
    entries |= {
        line: Line2D([], [], color="black"),
        bars: Line2D([], [], color="black", ls="none", marker="o", ms=3.2, markerfacecolor="white"),
        f"normal law with the same sd, {_sds(data)}": Line2D(
            [], [], color=_SCALE, lw=2.6, alpha=0.45
        ),
        floor: Line2D([], [], color=NORMAL, ls=(0, (1, 2)), lw=0.8),
    }
    figure.legend(entries.values(), entries.keys(), loc="outside lower center", ncols=4)


def _sds(data: dict[str, Any]) -> str:
    """Return the range of the standard deviations in two digits, or the one that all have."""
    points = [point for width in data["widths"] for point in width["points"]]
    sds = [point["scale"]["sd"] for point in points if point["scale"] is not None]
    low, high = f"{min(sds):.2f}", f"{max(sds):.2f}"
    return low if low == high else f"{low} to {high}"
