"""The claim that wide random networks become Gaussian processes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import stdtrit

from clt_sim._validation import positive
from clt_sim.claims.claim import Claim, Source, registry
from clt_sim.claims.finding import CONFIDENCE, Finding
from clt_sim.theory import nngp_kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.experiments.work import Work

GAIN = 2.0
"""Weight variance, of all networks here."""
INPUTS = np.array([[1.0, 1.0], [-1.0, 1.0], [0.6, -1.4]])
"""Three inputs in two dimensions, in general position, with squared norms near 2."""
WIDTHS = (5, 10, 50, 100)
BLOCKS = 24
"""Independent estimates of each discrepancy, the sample of its t interval."""
_BLOCK_DRAWS = {"draft": 400, "paper": 1500}
_PROPORTIONAL = (5, 20)
_STEPS = len(WIDTHS) + 2


@registry.register
@dataclass(frozen=True, slots=True)
class NetworksApproachGaussianProcess(Claim):
    """The maximum mean discrepancy of a random network to its Gaussian process falls with width.

    The networks have three ReLU layers of equal width, normal weights of weight variance 2, no
    biases, and one output at three inputs. Given the last hidden layer the three outputs are
    normal with a covariance matrix C, so that the discrepancy is an average over independent
    pairs of C in closed form (`squared_discrepancy`), without a bias from finitely many draws. The
    kernel is ``exp(-|x - y|^2/(2 s^2))``, where s^2 is the mean squared distance of two draws of
    the Gaussian process, which is known beforehand.

    Parameters
    ----------
    share : float
        What the discrepancy of the widest network must be below, of that of the narrowest.
    """

    name: ClassVar[str] = "networks-approach-gaussian-process"
    statement: ClassVar[str] = (
        "As all widths grow at a fixed depth, the outputs of a random network at several inputs"
        " become jointly Gaussian, with the covariance of the network of infinite width."
    )
    source: ClassVar[Source] = Source(
        "Matthews, Rowland, Hron, Turner & Ghahramani 2018, Gaussian Process Behaviour in Wide Deep"
        " Neural Networks",
        "abstract",
        "We show that, under broad conditions, as we make the architecture increasingly wide, the"
        " implied random function converges in distribution to a Gaussian process",
    )
    rule: ClassVar[str] = (
        "Holds if the squared maximum mean discrepancy of outputs at three inputs falls from each"
        " of the widths 5, 10, 50 and 100 to the next, and the discrepancy at width 100 is less"
        " than a tenth of that at width 5."
    )
    turns: ClassVar[str] = (
        "It does not fall if one layer stays narrow, or if the depth grows in proportion to the"
        " width."
    )

    share: float = 0.1

    def __post_init__(self) -> None:
        """Check the share."""
        object.__setattr__(self, "share", positive("share", self.share))

    def findings(self, *, quality: str, seed: int, work: Work) -> Sequence[Finding]:
        """Estimate the discrepancy of each network, from independent blocks of draws."""
        draws, rng = _BLOCK_DRAWS[quality], np.random.default_rng(seed)
        found = []
        for index, width in enumerate(WIDTHS):
            work.progress(f"networks of width {width}", index / _STEPS)
            found.append(_discrepancies([width] * 3, draws, rng))
        work.progress("one narrow layer, and depth in proportion", len(WIDTHS) / _STEPS)
        return [*self._of_widths(found), *self._of_conditions(draws // 4, rng)]

    def _of_widths(self, found: Sequence[NDArray[np.float64]]) -> Iterator[Finding]:
        for place in range(1, len(WIDTHS)):
            narrow, wide = WIDTHS[place - 1 : place + 1]
            question = f"squared discrepancy at width {wide} less that at width {narrow}"
            yield _mean(question, found[place] - found[place - 1], decides=True)
        words = f"width {WIDTHS[-1]}", f"width {WIDTHS[0]}"
        yield self._ratio(words[0], found[-1], words[1], found[0], decides=True)

    def _of_conditions(self, draws: int, rng: np.random.Generator) -> Iterator[Finding]:
        narrow, wide = (_discrepancies([width, 2, width], draws, rng) for width in (5, 100))
        yield self._ratio("widths 100, 2, 100", wide, "widths 5, 2, 5", narrow, decides=False)
        few, many = _PROPORTIONAL
        shallow, deep = (_discrepancies([width] * width, draws, rng) for width in _PROPORTIONAL)
        words = f"{many} layers of width {many}", f"{few} layers of width {few}"
        yield self._ratio(words[0], deep, words[1], shallow, decides=False)

    def _ratio(
        self,
        wide: str,
        of_wide: NDArray[np.float64],
        narrow: str,
        of_narrow: NDArray[np.float64],
        *,
        decides: bool,
    ) -> Finding:
        """Compare two discrepancies by a difference, as their ratio has no mean."""
        share = self.share**2
        question = f"squared discrepancy at {wide} less {share:g} times that at {narrow}"
        return _mean(question, of_wide - share * of_narrow, decides=decides)


def _mean(question: str, values: NDArray[np.float64], *, decides: bool) -> Finding:
    """Return the mean of independent values, to be below 0, with Student's t interval."""
    middle = float(values.mean())
    error = float(values.std(ddof=1)) / math.sqrt(values.size)
    reach = float(stdtrit(values.size - 1, 0.5 + 0.5 * CONFIDENCE)) * error
    return Finding(question, middle, middle - reach, middle + reach, "below", 0.0, decides)


def _discrepancies(
    widths: Sequence[int], draws: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return independent estimates of the squared discrepancy, each from so many networks."""
    limit = nngp_kernel(INPUTS, len(widths), "relu", GAIN)
    blocks = (output_covariances(widths, INPUTS, draws, rng) for _ in range(BLOCKS))
    return np.array([squared_discrepancy(block, limit) for block in blocks])


def output_covariances(
    widths: Sequence[int], inputs: NDArray[np.float64], draws: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the covariances of the outputs of random networks, given their last hidden layer.

    Parameters
    ----------
    widths : sequence of int
        Of the ReLU layers; weights are normal with the variance ``GAIN/fan_in``, without biases.
    inputs : ndarray of float64, shape (m, d)
        An input in each row.
    draws : int
        How many networks.
    rng : Generator
        Draws the weights.

    Returns
    -------
    ndarray of float64, shape (draws, m, m)
        ``GAIN`` times the means of products over the units of the last hidden layer.
    """
    hidden = np.broadcast_to(inputs.T, (draws, *inputs.T.shape))
    for width in widths:
        # Rotations leave the law of normal weights: of h = QR, W h is as W R with fewer weights.
        root = np.asarray(np.linalg.qr(hidden, mode="r"), np.float64)
        root = root * math.sqrt(GAIN / hidden.shape[1])
        weights = rng.standard_normal((draws, width, root.shape[1]))
        hidden = np.maximum(weights @ root, 0.0)
    return np.asarray(GAIN * np.swapaxes(hidden, 1, 2) @ hidden / hidden.shape[1])


def squared_discrepancy(covariances: NDArray[np.float64], limit: NDArray[np.float64]) -> float:
    """Return an unbiased estimate of the squared maximum mean discrepancy to ``N(0, limit)``.

    The law in question is the average of the normal laws ``N(0, C)``. Two independent normal
    vectors have the expectation ``E exp(-|x - y|^2/(2 s^2)) = det(I + (C + C')/s^2)^(-1/2)``, of
    which the discrepancy (Gretton et al., "A kernel two-sample test", 2012, lemma 6) takes the
    mean over pairs of different draws, that between draws and the limit, and that of the limit.

    Parameters
    ----------
    covariances : ndarray of float64, shape (draws, m, m)
        Independent draws of C, at least two.
    limit : ndarray of float64, shape (m, m)
        The covariance of the Gaussian process; s^2 is twice its trace.

    Returns
    -------
    float
        The estimate, which may be below 0.

    Examples
    --------
    >>> one = np.eye(2)
    >>> squared_discrepancy(np.array([one, one]), one)
    0.0
    """
    scale = 2.0 * np.trace(limit)

    def kernel_mean(covariance: NDArray[np.float64]) -> float:
        eye = np.eye(len(limit))
        return float(np.mean(np.linalg.det(eye + covariance / scale) ** -0.5))

    first, second = np.triu_indices(len(covariances), 1)
    pairs = kernel_mean(covariances[first] + covariances[second])
    return pairs - 2.0 * kernel_mean(covariances + limit) + kernel_mean(2.0 * limit)
