"""Pre-activations of random networks of finite width: distances to the normal, and kurtosis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clt_sim import laws, nonlinearities
from clt_sim._validation import whole
from clt_sim.engine import simulate, simulate_conditional
from clt_sim.figures.exact_laws import law_or_refusal
from clt_sim.figures.finite_width_drawing import LOOKS, draw_finite_width
from clt_sim.figures.recipe import Recipe, registry
from clt_sim.gaussianity import gaussianity
from clt_sim.layer_tables.sampling_floor import sampling_floor
from clt_sim.models import RandomNetwork
from clt_sim.theory import depth_limit, network_kurtosis
from clt_sim.theory.normal_scales import distance_of_scale

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from clt_sim.estimate import Estimate
    from clt_sim.exact import ExactLaw
    from clt_sim.experiments.work import Work
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


@registry.register
@dataclass(frozen=True, slots=True)
class FiniteWidth(Recipe):
    """How far pre-activations of random networks are from normal, by depth and width.

    The quantity is the pre-activation of one unit after some hidden layers of equal width, over
    random weights, at the input 1. Its Kolmogorov distance to N(0,1) is shown as it is, where a
    standard deviation that is not 1 counts, too, and standardised, where only the shape does; its
    excess kurtosis along the depth, and against depth over width. P. Wolinski & J. Arbel (Gaussian
    Pre-Activations in Neural Networks: Myth or Reality?, 2022) show the former.

    In the gallery the shape is ten times as near to normal in networks ten times as wide, and
    farther away the deeper they are. Raw, wide networks look farther away than narrow ones at depth
    1: their standard deviation is 1.41 at any width.

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
        if not 1 <= len(set(given)) == len(given) <= len(LOOKS):
            raise ValueError(
                f"widths must be 1 to {len(LOOKS)} different numbers, not {self.widths!r}."
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

    def compute(self, *, quality: str, seed: int, work: Work) -> dict[str, Any]:
        """Simulate each network, and find its exact law and kurtosis where there is a route."""
        simulated = _depths_of_marks(self.depth)
        known = np.geomspace(1, self.depth, EXACT_DEPTHS[quality]).round().astype(int)
        depths = sorted({*simulated, *known.tolist()})
        networks = [self._network(width, depth) for width in self.widths for depth in depths]
        exact_laws, simulating = work.part(0, 2), work.part(1, 2)
        exact = exact_laws.map(_exact_point, networks, "exact law of the {}".format)
        points = []
        for index, (network, point) in enumerate(zip(networks, exact, strict=True)):
            simulating.progress(f"the {network}", index / len(networks))
            draws = _draws(network, quality) if len(network.widths) in simulated else 0
            points.append(_point(network, point, draws, seed, work))
        count = len(depths)
        widths = [
            {
                "width": width,
                "points": points[place * count :][:count],
                "theory": self._theory(width),
            }
            for place, width in enumerate(self.widths)
        ]
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
        return draw_finite_width(data, _depths_of_marks(self.depth))


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


def _exact_point(network: RandomNetwork) -> dict[str, Any]:
    """Return the distances of the exact law, or why there is none."""
    law, refusal = law_or_refusal(network)
    return {"no_exact_law": refusal} if law is None else {"exact": _distances(law)}


def _point(
    network: RandomNetwork, exact: dict[str, Any], draws: int, seed: int, work: Work
) -> dict[str, Any]:
    """Return what is shown of one network; without draws only what is exact."""
    nothing = {"exact": None, "monte_carlo": None, "scale": None}
    point: dict[str, Any] = {"depth": len(network.widths), **nothing, **exact}
    if draws:
        draw = simulate_conditional if network.sampler == "conditional" else simulate
        drawn = draw(network, draws, seed=seed, executor=work.executor_for(network))
        point["monte_carlo"] = {"draws": draws, **_distances(drawn)}
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


def _pair(estimate: Estimate) -> dict[str, float]:
    return {"value": estimate.value, "stderr": estimate.stderr}
