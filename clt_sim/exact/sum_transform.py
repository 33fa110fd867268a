"""Transforms of weighted sums, apart from their atoms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.common_factor_sum import common_factor_parts
from clt_sim.exact.density_panels import flat_parts
from clt_sim.exact.general_product import GeneralProduct
from clt_sim.exact.lattice_route import lattice_law
from clt_sim.exact.law import NoExactLaw
from clt_sim.exact.law_transform import (
    ClosedTransform,
    ImaginaryTransform,
    has_closed_form,
    is_heavy,
    strip,
)
from clt_sim.exact.output_transform import Output, OutputTransform
from clt_sim.exact.product_transform import DampedProduct, is_damped
from clt_sim.exact.sum_parts import (
    SumParts,
    check_atoms,
    convolution_power,
    convolved,
    merged,
)
from clt_sim.exact.sum_pieces import sum_pieces
from clt_sim.exact.transform_sums import (
    MixtureTransform,
    Summand,
    SumTransform,
    common,
    scaled,
)
from clt_sim.exact.without_bias import without_bias
from clt_sim.laws import Law, Normal, Scipy, TruncatedNormal
from clt_sim.models import DataRows, FixedInputs, FixedWeights, WeightedSum
from clt_sim.nonlinearities import Identity, Nonlinearity, Sign, Step
from clt_sim.nonlinearities.user_function import UserFunction

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.exact.transform import Transform

    Complex = NDArray[np.complex128]

_IDENTITY = Identity()
_FAR = 2.0**20
_REACH = 0.94
"""Tilted by more of its exponential rate, a density has mass where it is no number of floats."""
_REACH_OF_PRODUCT = 0.9
"""The tails of a product are followed less far than those of its factors."""
_EVERYWHERE = (-math.inf, math.inf)


def sum_transform(model: WeightedSum) -> SumParts:
    """Return the atoms of a weighted sum, and the transform of the rest.

    Parameters
    ----------
    model : WeightedSum
        A sum of independent terms, each of inputs with a law, weights with a law, or both; or one
        of equicorrelated normal inputs.

    Returns
    -------
    SumParts
        The atoms, and the transform of S given that it is at none of them.

    Raises
    ------
    NoExactLaw
        If the inputs are dependent, rows of data or go through a function of the user's own, or
        there is no transform of the product of inputs and weights; the message names the part.

    Examples
    --------
    >>> import clt_sim as clt
    >>> parts = sum_transform(clt.WeightedSum(n=2, nonlinearity="relu"))
    >>> parts.atoms, parts.mass
    ({0.0: 0.25}, 0.75)
    >>> transform = sum_transform(clt.WeightedSum(n=1)).transform
    >>> bool(abs(np.exp(transform.log(np.array([1j]))[0]) - 0.5**0.5) < 1e-14)
    True
    """
    if isinstance(model.inputs, DataRows):
        raise NoExactLaw("the inputs are rows of data, which the terms share.")
    if model.dependence is None:
        summands = _summands(model)
    else:
        parts = _of_dependent(model)
        if not isinstance(model.bias, Law):
            return parts
        summands = [Summand(parts, 1.0, 1)]
    if isinstance(model.bias, Law):
        summands.append(Summand(_output(model.bias, _IDENTITY, "bias"), 1.0, 1))
    atoms = _atoms(summands, model.constant_bias)
    log_mass = _log_mass(summands)
    if log_mass == -math.inf:
        return SumParts(None, atoms, 0.0)
    place = _place(model, tuple(summands), log_mass)
    found = sum_pieces(summands, log_mass)
    transform = SumTransform(tuple(summands), model.constant_bias, place, log_mass, found)
    return SumParts(transform, atoms, math.exp(log_mass))


def _of_dependent(model: WeightedSum) -> SumParts:
    """Return a sum of dependent inputs, without a bias that has a law."""
    phi, weights = model.nonlinearity, model.weights
    _check(phi)
    discrete = isinstance(weights, FixedWeights) or weights.without_atoms is None
    if isinstance(model.bias, Law) and isinstance(phi, Sign | Step) and discrete:
        atoms = lattice_law(without_bias(model)).atoms
        check_atoms(len(atoms))
        return SumParts(None, dict(atoms), 0.0)
    return common_factor_parts(
        model, lambda law: _output_variable(law, phi, "inputs"), _product_strip
    )


def _summands(model: WeightedSum) -> list[Summand]:
    """Return the terms, with dropout as an atom at 0."""
    parts, numbers = _drawn_and_fixed(model)
    keep = 1.0 - model.dropout
    if model.dropout:
        atoms = merged(
            [(x, keep * mass) for x, mass in parts.atoms.items()] + [(0.0, model.dropout)]
        )
        parts = SumParts(parts.transform, atoms, keep * parts.mass)
    factors, counts = np.unique(numbers / keep, return_counts=True)
    pairs = zip(factors.tolist(), counts.tolist(), strict=True)
    return [Summand(parts, factor, count) for factor, count in pairs if factor]


def _drawn_and_fixed(model: WeightedSum) -> tuple[SumParts, NDArray[np.float64]]:
    """Return what is drawn in a term, and the numbers by which it is multiplied."""
    inputs, weights, phi = model.inputs, model.weights, model.nonlinearity
    if isinstance(inputs, FixedInputs):
        numbers = np.asarray(phi(inputs.values), np.float64)
        if isinstance(weights, FixedWeights):
            return SumParts(None, {1.0: 1.0}, 0.0), numbers * weights.values
        return _output(weights, _IDENTITY, "weights"), numbers
    if not isinstance(inputs, Law):
        raise NoExactLaw(f"the inputs {inputs} have no law.")
    if isinstance(weights, FixedWeights):
        return _output(inputs, phi, "inputs"), weights.values
    return _product(weights, inputs, phi), np.ones(model.n)


def _output(law: Law, phi: Nonlinearity, name: str) -> SumParts:
    """Return the atoms of phi(X) and the transform of the rest."""
    atoms, rest, share = _split(law, phi)
    if rest is None:
        return SumParts(None, atoms, 0.0)
    if isinstance(phi, Identity):
        return SumParts(_law_transform(rest, name), atoms, share)
    return SumParts(OutputTransform(_output_variable(rest, phi, name)), atoms, share)


def _split(law: Law, phi: Nonlinearity) -> tuple[dict[float, float], Law | None, float]:
    """Return the atoms of phi(X), the law of X without atoms, and the mass of what is no atom."""
    _check(phi)
    masses = [(float(phi(np.float64(x))) + 0.0, mass) for x, mass in law.atoms.items()]
    rest = law.without_atoms
    if rest is None:
        return merged(masses), None, 0.0
    share = 1.0 - math.fsum(law.atoms.values())
    for low, high, value in flat_parts(rest, phi):
        mass = share * float(rest.cdf(high) - rest.cdf(low))
        masses.append((value, mass))
    atoms = merged(masses)
    mass = 1.0 - math.fsum(atoms.values())
    return (atoms, rest, mass) if mass > 1e-15 else (atoms, None, 0.0)


def _check(phi: Nonlinearity) -> None:
    if isinstance(phi, UserFunction):
        raise NoExactLaw(f"where the nonlinearity {phi} turns or is flat is not known.")


def _law_transform(law: Law, name: str) -> Transform:
    if has_closed_form(law):
        return ClosedTransform(law)
    if is_heavy(law):
        _refuse_heavy_tables(law, name)
        return ImaginaryTransform(law)
    return OutputTransform(_output_variable(law, _IDENTITY, name))


def _refuse_heavy_tables(law: Law, name: str) -> None:
    if isinstance(law, Scipy) and is_heavy(law):
        raise NoExactLaw(f"the tails of the {name} law {law} are too heavy for quadrature.")


def _output_variable(law: Law, phi: Nonlinearity, name: str) -> Output:
    flat = flat_parts(law, phi)
    mass = 1.0 - math.fsum(float(law.cdf(high) - law.cdf(low)) for low, high, _ in flat)
    try:
        return Output(
            law, phi, tuple((low, high) for low, high, _ in flat), mass, _output_strip(law, phi)
        )
    except NoExactLaw as refusal:
        raise NoExactLaw(f"{phi} of the {name} law {law}: {refusal}") from None


def _output_strip(law: Law, phi: Nonlinearity) -> tuple[float, float]:
    """Return where ``E exp(s phi(X))`` is surely finite."""
    low, high = _EVERYWHERE
    for end, growth, side, own in zip(
        law.support, phi.growth, (-1.0, 1.0), strip(law), strict=True
    ):
        if math.isfinite(end) or growth == 0.0:
            continue
        rate = _rate(law, phi, growth, side, abs(own))
        if float(phi(np.float64(side * 64.0))) > 0.0:
            high = min(high, rate)
        else:
            low = max(low, -rate)
    return low, high


def _rate(law: Law, phi: Nonlinearity, growth: float, side: float, own: float) -> float:
    """Return up to which s ``E exp(s |phi(X)|)`` is finite over one tail."""
    size = abs(float(phi(np.float64(side * _FAR)))) / _FAR**growth if growth <= 2.0 else math.inf
    if size == 0.0:  # a leaky ReLU with the slope 0
        return math.inf
    if growth == 1.0:
        return _REACH * own / size
    if growth == 2.0 and isinstance(law, Normal | TruncatedNormal):
        return _REACH * 0.5 / (_normal_scale(law) ** 2 * size)
    return 0.0


def _normal_scale(law: Normal | TruncatedNormal) -> float:
    return law.sd if isinstance(law, Normal) else law.scale


def _product(weights: Law, inputs: Law, phi: Nonlinearity) -> SumParts:
    """Return the atoms of W phi(X) and the transform of the rest."""
    of_weights, weight, weight_mass = _split(weights, _IDENTITY)
    of_outputs, rest, output_mass = _split(inputs, phi)
    masses = [(a * y + 0.0, m * p) for a, m in of_weights.items() for y, p in of_outputs.items()]
    zero_weight, zero_output = of_weights.get(0.0, 0.0), of_outputs.get(0.0, 0.0)
    masses += [(0.0, zero_weight * output_mass), (0.0, zero_output * weight_mass)]
    parts: list[tuple[float, float, Transform]] = []
    if weight is not None and zero_output < math.fsum(of_outputs.values()):
        own = _law_transform(weight, "weights")
        parts += [(weight_mass * p, y, own) for y, p in of_outputs.items() if y]
    if rest is not None:
        variable = _output_variable(rest, phi, "inputs")
        if zero_weight < math.fsum(of_weights.values()):
            through = (
                _law_transform(rest, "inputs")
                if isinstance(phi, Identity)
                else OutputTransform(variable)
            )
            parts += [(output_mass * m, a, through) for a, m in of_weights.items() if a]
        if weight is not None:
            parts.append((weight_mass * output_mass, 1.0, _smooth_product(weight, rest, variable)))
    atoms = merged(masses)
    mass = math.fsum(probability for probability, _, _ in parts)
    if not parts:
        return SumParts(None, atoms, 0.0)
    if len(parts) == 1 and parts[0][1] == 1.0:
        return SumParts(parts[0][2], atoms, mass)
    shares = tuple((probability / mass, factor, part) for probability, factor, part in parts)
    return SumParts(MixtureTransform(shares), atoms, mass)


def _smooth_product(weight: Law, inputs: Law, output: Output) -> Transform:
    """Return the transform of W phi(X): from that of W or X if it is closed, or by its density."""
    swapped = isinstance(output.phi, Identity) and not is_damped(weight)
    if swapped and is_damped(inputs):
        other = _output_variable(weight, _IDENTITY, "weights")
        return DampedProduct(inputs, other, _product_strip(inputs, other))
    if is_damped(weight):
        return DampedProduct(weight, output, _product_strip(weight, output))
    for name, law in (("weights", weight), ("inputs", inputs)):
        _refuse_heavy_tables(law, name)
    variable = _output_variable(weight, _IDENTITY, "weights")
    strip_of_product = scaled(_product_strip(weight, output), _REACH_OF_PRODUCT)
    return GeneralProduct(variable, output, strip_of_product)


def _product_strip(weight: Law, output: Output) -> tuple[float, float]:
    """Return where ``E exp(s W phi(X))`` is surely finite."""
    low, high = output.support
    if math.isfinite(low) and math.isfinite(high):
        ends = [scaled(strip(weight), 1.0 / end) for end in (low, high) if end]
        return common(ends)
    if all(map(math.isfinite, weight.support)):
        ends = [scaled(output.strip, 1.0 / end) for end in weight.support if end]
        return common(ends)
    law = output.law
    if max(output.phi.growth) > 1.0 or not isinstance(law, Normal | TruncatedNormal):
        return 0.0, 0.0
    if isinstance(weight, Normal | TruncatedNormal):
        return _normal_strip(_normal_scale(weight), output, _normal_scale(law))
    return 0.0, 0.0


def _normal_strip(own: float, output: Output, scale: float) -> tuple[float, float]:
    """Return that of normal weights and inputs: ``|s| slope sd sd < 1``."""
    slopes = [
        abs(float(output.phi(np.float64(side * _FAR)))) / _FAR
        for side, growth, end in zip(
            (-1.0, 1.0), output.phi.growth, output.law.support, strict=True
        )
        if growth > 0.0 and math.isinf(end)
    ]
    bound = _REACH / (max(slopes) * own * scale)
    return -bound, bound


def _atoms(summands: list[Summand], shift: float) -> dict[float, float]:
    """Return the atoms of the sum: where all summands are at theirs."""
    if not all(summand.parts.atoms for summand in summands):
        return {}
    atoms = {shift: 1.0}
    for summand in summands:
        own = {summand.factor * x: mass for x, mass in summand.parts.atoms.items()}
        atoms = convolved(atoms, convolution_power(own, summand.count))
    return atoms


def _log_mass(summands: list[Summand]) -> float:
    """Return the logarithm of the probability that not all summands are at atoms."""
    if not all(summand.parts.atoms for summand in summands):
        return 0.0
    at_atoms = math.fsum(summand.count * math.log1p(-summand.parts.mass) for summand in summands)
    return math.log(-math.expm1(at_atoms)) if at_atoms else -math.inf


def _place(
    model: WeightedSum, summands: tuple[Summand, ...], log_mass: float
) -> tuple[float, float]:
    """Return a centre and a scale: mean and deviation, or those that the transform has near 0."""
    try:
        centre, variance = model.mean, model.variance
    except OverflowError:
        centre, variance = math.nan, math.inf
    if math.isfinite(centre) and math.isfinite(variance) and variance > 0.0:
        return centre, math.sqrt(variance)
    return _place_by_transform(SumTransform(summands, model.constant_bias, (0.0, 1.0), log_mass))


def _imaginary(t: NDArray[np.float64]) -> Complex:
    s = np.zeros(t.shape, np.complex128)
    s.imag = t
    return s


def _place_by_transform(transform: SumTransform) -> tuple[float, float]:
    """Return the phase over t and 1/t at the t where the transform has fallen to ``exp(-1/2)``.

    The phase is followed from a t so small that it turns less than once, by doubling t.
    """
    t = 2.0 ** np.arange(-1000.0, 1000.0)
    logs = np.empty(t.shape, np.complex128)
    used = 0
    while used < t.size:
        part = slice(used, used + 5)  # farther out it may be beyond what floats resolve
        logs[part] = transform.log(_imaginary(t[part]))
        used = part.stop
        if logs.real[used - 1] < -0.5:
            break
    last = int(np.argmax(logs.real[:used] < -0.5)) or used - 1
    phase = 0.0
    for step in range(last + 1):
        turned = float(np.angle(np.exp(1j * (logs.imag[step] - 2.0 * phase))))
        phase = 2.0 * phase + turned
    return phase / float(t[last]), 1.0 / float(t[last])
