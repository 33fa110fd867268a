"""The sum of n discrete variables: masses, the fitted normal density, and their distance."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clt_sim import laws
from clt_sim.engine import sample
from clt_sim.engine.limits import check_precision
from clt_sim.engine.precision import get_precision
from clt_sim.exact import LatticeLaw, NoExactLaw
from clt_sim.exact.lattice_route import lattice_law
from clt_sim.figures.parameters import whole_numbers
from clt_sim.figures.recipe import Recipe, registry
from clt_sim.gaussianity import gaussianity
from clt_sim.laws import Normal
from clt_sim.models import WeightedSum
from clt_sim.plotting import draw_stems, note, style
from clt_sim.plotting.panels import legend_below, legend_entries, letter_panels
from clt_sim.plotting.style import EXACT, NORMAL, PAGE_WIDTH, UNIT
from clt_sim.plotting.ticks import mark_powers

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import Locator
    from numpy.typing import NDArray

    from clt_sim.experiments.work import Work

DRAWS = {"draft": 100_000, "paper": 1_000_000}
DISTANCE_NS = tuple(2**k for k in range(11))
"""The numbers of terms in the panel of distances."""
MOST_N = 4096
"""Beyond, stems are closer together than they are wide."""
REACH = 4.5
"""In standard deviations: how far the panels of masses go."""
_COLUMNS = 3
_MOST_TICKS = 7
_LABELS = {
    "kolmogorov": "Kolmogorov distance",
    "half_atom": "half the largest atom",
    "corrected": "distance with continuity correction",
}
_HEADROOM = 1.4
"""Height of a panel over that of its stems: the note stands above them."""


@registry.register
@dataclass(frozen=True, slots=True)
class DiscreteIllustration(Recipe):
    """Masses of sums of n independent copies of a discrete law, and how near the normal is.

    The last panel has the Kolmogorov distance of the standardised sum for n from 1 to 1024. A
    continuous distribution function is at least half of the largest atom away from one that jumps
    by it: that is the floor of the distance. With the continuity correction, the distribution
    functions are compared half-way between neighbouring places only.

    In the gallery, from two variables on, the distance is at most a hundredth above its floor,
    which falls like n^(-1/2); with the correction it falls like 1/n.

    Parameters
    ----------
    law : Law or str
        The law of one variable: discrete, with values on a lattice.
    ns : sequence of int
        One panel of masses for each number of variables, from 1 to 4096.
    """

    name: ClassVar[str] = "discrete-illustration"
    title: ClassVar[str] = "Masses of sums of discrete variables, next to the fitted normal density"

    law: laws.Law | str = "discrete"
    ns: Sequence[int] = (1, 2, 3, 6, 12)

    def __post_init__(self) -> None:
        """Check the parameters."""
        put = object.__setattr__
        put(self, "law", laws.get(self.law))
        put(self, "ns", whole_numbers("ns", self.ns, most=MOST_N))
        law = laws.get(self.law)
        if law.without_atoms is not None:
            raise ValueError(
                f"law must be discrete, such as rademacher; {law} is not. For laws with a density"
                " there is the figure sum-of-n."
            )
        if not law.variance > 0.0:
            raise ValueError(f"law must have a variance above 0; that of {law} is {law.variance}.")
        largest = self._model(max(*self.ns, *DISTANCE_NS))
        check_precision(largest, get_precision("single"))
        try:
            lattice_law(largest)
        except NoExactLaw as refusal:
            raise ValueError(f"law must have its values on a lattice: {refusal}") from None

    def compute(self, *, quality: str, seed: int, work: Work) -> dict[str, Any]:
        """Find the exact law of each sum, and draw it."""
        run = functools.partial(_panel, draws=DRAWS[quality], seed=seed)
        models, longer = ([self._model(n) for n in ns] for ns in (self.ns, DISTANCE_NS))
        panels = work.part(0, 2).map(run, models, "sum of {0.n}".format)
        rows = work.part(1, 2).map(
            _lattice_distances, longer, "distance of the sum of {0.n}".format
        )
        return {
            "law": str(self.law),
            "draws": DRAWS[quality],
            "panels": panels,
            "distances": {
                "n": list(DISTANCE_NS),
                **{name: np.array([row[name] for row in rows]) for name in rows[0]},
            },
        }

    def _model(self, n: int) -> WeightedSum:
        return WeightedSum(n=n, inputs=self.law, weights=1.0)

    def draw(self, data: dict[str, Any]) -> Figure:
        """Draw a panel for each n, and one for the distances."""
        from matplotlib.figure import Figure

        panels = data["panels"]
        count = len(panels) + 1
        columns = 2 if count == 4 else min(_COLUMNS, count)
        rows = math.ceil(count / columns)
        with style():
            figure = Figure(
                figsize=(PAGE_WIDTH * columns / _COLUMNS, 0.35 + 1.75 * rows), layout="constrained"
            )
            *grid, last = figure.subplots(rows, columns, squeeze=False).flat[:count]
            for ax in figure.axes[count:]:
                ax.set_axis_off()
            for index, (ax, panel) in enumerate(zip(grid, panels, strict=True)):
                _draw_panel(panel, ax)
                if index % columns == 0:
                    ax.set_ylabel("probability")
            _draw_distances(data["distances"], last)
            letter_panels([*grid, last])
            legend_below(figure, _legend(grid[0], last), columns=3)
        return figure


def _panel(model: WeightedSum, draws: int, seed: int) -> dict[str, Any]:
    """Return what the panel of one n shows: places within reach, and the curve between them."""
    law = lattice_law(model)
    places, step = _places(law), float(law.step)
    mean, sd = law.mean, math.sqrt(law.variance)
    shares = _shares(places, step, sample(model, draws, seed=seed))
    drawn = (np.abs(places - mean) <= REACH * sd) & (law.masses > 0.0)
    low, high = places[drawn][[0, -1]] + np.array([-0.75, 0.75]) * step
    x = np.linspace(max(low, mean - REACH * sd), min(high, mean + REACH * sd), 301)
    return {
        "n": model.n,
        "mean": mean,
        "sd": sd,
        "step": step,
        "places": places[drawn],
        "masses": law.masses[drawn],
        "shares": shares[drawn],
        "shares_stderr": np.sqrt(law.masses * (1.0 - law.masses) / draws)[drawn],
        "normal": {"x": x, "height": Normal(mean, sd).pdf(x) * step},
        **_distances(law),
    }


def _places(law: LatticeLaw) -> NDArray[np.float64]:
    """Return the places of the masses, those of mass 0 between them included."""
    index = np.arange(law.first, law.first + law.masses.size, dtype=np.float64)
    return float(law.offset) + float(law.step) * index


def _shares(
    places: NDArray[np.float64], step: float, values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the share of the draws at each place, from which those in single precision are off."""
    index = np.rint((values - places[0]) / step).astype(np.intp)
    return np.asarray(np.bincount(index, minlength=places.size) / values.size, np.float64)


def _lattice_distances(model: WeightedSum) -> dict[str, float]:
    return _distances(lattice_law(model))


def _distances(law: LatticeLaw) -> dict[str, float]:
    """Return the Kolmogorov distance, half of the largest atom, and the corrected distance."""
    places, step = _places(law), float(law.step)
    middles = np.append(places[0] - 0.5 * step, places + 0.5 * step)
    normal = Normal(law.mean, math.sqrt(law.variance))
    return {
        "kolmogorov": gaussianity(law, measures="kolmogorov")["kolmogorov"].value,
        "half_atom": 0.5 * float(law.masses.max()),
        "corrected": float(np.abs(law.cdf(middles) - normal.cdf(middles)).max()),
    }


def _draw_panel(panel: dict[str, Any], ax: Axes) -> None:
    draw_stems(panel["places"], panel["masses"], label="exact mass", ax=ax)
    ax.plot(
        panel["places"],
        panel["shares"],
        "o",
        markersize=4.5,
        markerfacecolor="none",
        markeredgecolor=UNIT,
        markeredgewidth=0.7,
        label="share of the draws",
        zorder=2.5,
    )
    normal = panel["normal"]
    label = "normal density × step"
    ax.plot(normal["x"], normal["height"], color=NORMAL, ls=(0, (4, 2)), lw=0.8, label=label)
    tallest = max(np.max(panel["masses"]), np.max(normal["height"]))
    ax.set(xlim=(normal["x"][0], normal["x"][-1]), ylim=(0.0, _HEADROOM * tallest))
    ax.set_xlabel("sum")
    ax.xaxis.set_major_locator(_on_lattice(panel["places"], panel["step"]))
    ax.set_title("one variable" if panel["n"] == 1 else f"sum of {panel['n']}")
    note(
        [
            f"Kolmogorov distance {panel['kolmogorov']:.4f}",
            f"half the largest atom {panel['half_atom']:.4f}",
        ],
        ax=ax,
    )


def _draw_distances(distances: dict[str, Any], ax: Axes) -> None:
    looks: dict[str, dict[str, Any]] = {
        "kolmogorov": {"color": EXACT, "marker": "s"},
        "half_atom": {"color": NORMAL, "ls": (0, (1, 1))},
        "corrected": {"color": UNIT, "marker": "^", "ls": "-."},
    }
    for name, look in looks.items():
        ax.plot(distances["n"], distances[name], markersize=2.5, label=_LABELS[name], **look)
    ax.set(xscale="log", yscale="log", xlabel="number of variables $n$")
    ax.set_ylabel("Kolmogorov distance")
    mark_powers(ax.xaxis, 4)


def _on_lattice(places: NDArray[np.float64], step: float) -> Locator:
    """Return ticks at places of the lattice, at most every one and few enough to be read."""
    from matplotlib.ticker import MultipleLocator

    strides = [digit * 10**k for k in range(7) for digit in (1, 2, 5)]
    span = (places[-1] - places[0]) / step
    stride = next(stride for stride in strides if span / stride <= _MOST_TICKS)
    return MultipleLocator(stride * step, offset=float(places[0] % step))


def _legend(masses: Axes, distances: Axes) -> dict[str, Artist]:
    """Return what the panels of masses show for one row, and that of distances for the next."""
    rows = (legend_entries([ax]).items() for ax in (masses, distances))
    # A legend is filled column by column.
    return dict(itertools.chain.from_iterable(zip(*rows, strict=True)))
