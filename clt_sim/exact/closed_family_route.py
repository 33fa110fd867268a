"""The closed-family route: sums whose law has a name."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.closed_family import ClosedFamilyLaw
from clt_sim.exact.independent_draws import independent_factors
from clt_sim.exact.law import NoExactLaw
from clt_sim.laws import (
    Cauchy,
    Exponential,
    Gamma,
    Laplace,
    Law,
    Mixture,
    Normal,
    Stable,
    SymmetricWeibull,
)
from clt_sim.models import (
    Autoregressive,
    Equicorrelated,
    FixedInputs,
    FixedWeights,
    RandomScale,
    WeightedSum,
)
from clt_sim.nonlinearities import Identity, Nonlinearity, Square

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.models import Dependence

MOST_SCALES = 100
"""Limit on the values of a random scale: each is a component of a mixture."""


@dataclass(frozen=True, slots=True, eq=False)
class _Terms:
    """The sum of numbers, each times an independent draw of one law, and of a constant."""

    law: Law
    factors: NDArray[np.float64]
    constant: float = 0.0


def closed_family_law(model: WeightedSum) -> ClosedFamilyLaw:
    """Return the exact law of a sum that stays in a family of laws.

    These are:

    - fixed weights of normal, stable or Cauchy inputs, and fixed inputs through any nonlinearity
      with such weights: the same family; if the inputs have a mean, also where they are
      equicorrelated or autoregressive;
    - equal weights of exponential or gamma inputs, or of squares of centred normal ones: gamma;
    - normal inputs with a random scale that takes few values, a mixture of normal laws; centred
      ones with one whose magnitude has a Rayleigh law, a Laplace law;
    - a single term without a nonlinearity and without atoms: its own law, scaled.

    A bias with a law of the same family joins it; one that is a number shifts.

    Parameters
    ----------
    model : WeightedSum
        The model.

    Returns
    -------
    ClosedFamilyLaw
        The law of the sum.

    Raises
    ------
    NoExactLaw
        If a part of the model leads out of these families, or a parameter out of the range of
        floats.
    """
    if model.dropout:
        raise NoExactLaw("dropout leaves terms out at random.")
    terms = _drawn(model)
    if not terms.factors.size:
        raise NoExactLaw("all terms are 0: the sum is the bias.")
    bias = model.bias
    try:
        if isinstance(model.dependence, RandomScale):
            if isinstance(bias, Law):
                raise NoExactLaw(f"the bias has the law {bias}, beside a random scale.")
            return ClosedFamilyLaw(_randomly_scaled(terms, model.dependence.factor), bias)
        if model.dependence is not None:
            terms = _independent(terms, model.dependence)
        if isinstance(bias, Law):
            return _family([terms, _Terms(bias, np.ones(1))])
        return _family([terms, _Terms(terms.law, np.empty(0), bias)])
    except (OverflowError, ZeroDivisionError, _OutOfRangeError):
        raise NoExactLaw("the parameters of the law are outside the range of floats.") from None


class _OutOfRangeError(Exception):
    """A parameter is 0 or infinite that must not be."""


def _drawn(model: WeightedSum) -> _Terms:
    """Return what is drawn and what it is multiplied by, without factors 0."""
    inputs, weights = model.inputs, model.weights
    if isinstance(inputs, FixedInputs) and isinstance(weights, Law):
        outputs = np.asarray(model.nonlinearity(inputs.values), np.float64)
        if not np.all(np.isfinite(outputs)):
            raise NoExactLaw(f"{model.nonlinearity} of an input is not finite.")
        return _Terms(weights, outputs[outputs != 0.0])
    if not isinstance(inputs, Law):
        raise NoExactLaw(f"the inputs {inputs} have no law.")
    if not isinstance(weights, FixedWeights):
        raise NoExactLaw(f"the weights have the law {weights}; they must be fixed.")
    if model.dependence is None or isinstance(model.nonlinearity, Identity):
        used = weights.values[weights.values != 0.0]
        # Zeros stay where the order of the terms tells how they depend on each other.
        factors = used if model.dependence is None or not used.size else weights.values
        return _Terms(_output(inputs, model.nonlinearity), factors)
    raise NoExactLaw(f"the inputs of {model.nonlinearity} are dependent, {model.dependence}.")


def _output(law: Law, phi: Nonlinearity) -> Law:
    """Return the law of ``phi(x)``."""
    if isinstance(phi, Identity):
        return law
    if isinstance(phi, Square) and isinstance(law, Normal) and law.mean == 0.0:
        return Gamma(0.5, _positive(2.0 * law.variance))
    raise NoExactLaw(f"{phi} of inputs with the law {law} is in no family that sums stay in.")


def _independent(terms: _Terms, dependence: Dependence) -> _Terms:
    """Return the terms as multiples of the independent draws that dependent inputs are made of."""
    law, weights = _canonical(terms.law), terms.factors
    if isinstance(law, Normal):
        centred: Law = Normal(0.0, law.sd)
    elif isinstance(law, Stable):
        centred = Stable(law.alpha, law.beta, 0.0, law.scale)
    else:
        raise NoExactLaw(f"the inputs, with the law {terms.law}, are dependent, {dependence}.")
    if not isinstance(dependence, Equicorrelated | Autoregressive):
        raise NoExactLaw(f"the inputs are dependent, {dependence}.")
    factors = independent_factors(weights, dependence)
    return _Terms(centred, factors, law.mean * math.fsum(weights))


def _randomly_scaled(terms: _Terms, factor: Law) -> Law:
    """Return the law of a sum of normal inputs, all times one draw of the law `factor`."""
    law = _canonical(terms.law)
    if not isinstance(law, Normal):
        raise NoExactLaw(f"the inputs, with the law {terms.law}, have the random scale {factor}.")
    mean, sd = law.mean * math.fsum(terms.factors), law.sd * math.hypot(*terms.factors)
    if isinstance(factor, SymmetricWeibull) and factor.shape == 2.0 and mean == 0.0:
        # The square of the scale is exponential: E[exp(-t^2 R^2/2)] is 1/(1 + t^2 scale^2/2).
        return Laplace(0.0, _positive(sd * factor.scale / math.sqrt(2.0)))
    if factor.without_atoms is not None or not 1 <= len(factor.atoms) <= MOST_SCALES:
        raise NoExactLaw(f"normal inputs with the random scale {factor} are in no known family.")
    if 0.0 in factor.atoms:
        raise NoExactLaw(f"the random scale {factor} may be 0, where the sum has an atom.")
    shares: defaultdict[Normal, float] = defaultdict(float)
    for value, mass in factor.atoms.items():
        shares[Normal(mean * value + 0.0, _positive(sd * abs(value)))] += mass
    return Mixture(shares, shares.values()) if len(shares) > 1 else next(iter(shares))


def _family(parts: Sequence[_Terms]) -> ClosedFamilyLaw:
    """Return the law of a sum of independent parts, all in one family."""
    constant = math.fsum(part.constant for part in parts)
    used = [part for part in parts if part.factors.size]
    members = [(_canonical(part.law), part.factors) for part in used]
    normals = [(law, factors) for law, factors in members if isinstance(law, Normal)]
    if len(normals) == len(used):
        return ClosedFamilyLaw(_normal(normals, constant))
    stables = [(law, factors) for law, factors in members if isinstance(law, Stable)]
    if len(stables) == len(used) and len({law.alpha for law, _ in stables}) == 1:
        return ClosedFamilyLaw(_stable(stables, constant))
    factor = float(used[0].factors[0])
    if len(used) == 1 and used[0].factors.size == 1:
        return ClosedFamilyLaw(used[0].law, constant, factor)
    gammas = [(law, factors) for law, factors in members if isinstance(law, Gamma)]
    if len(gammas) == len(used):
        return ClosedFamilyLaw(_gamma(gammas), constant, math.copysign(1.0, factor))
    names = " and ".join(dict.fromkeys(str(part.law) for part in used))
    raise NoExactLaw(f"sums of draws of the law {names} are in no known family.")


def _canonical(law: Law) -> Law:
    """Return a law as the most general member of its family."""
    if isinstance(law, Stable) and law.alpha == 2.0:
        return Normal(law.location, math.sqrt(2.0) * law.scale)
    if isinstance(law, Cauchy):
        return Stable(1.0, 0.0, law.location, law.scale)
    return Gamma(1.0, law.scale) if isinstance(law, Exponential) else law


def _normal(parts: Sequence[tuple[Normal, NDArray[np.float64]]], constant: float) -> Normal:
    means = [mean for law, factors in parts for mean in (law.mean * factors).tolist()]
    sds = [law.sd * math.hypot(*factors) for law, factors in parts]
    return Normal(_finite(math.fsum([constant, *means])), _positive(math.hypot(*sds)))


def _stable(parts: Sequence[tuple[Stable, NDArray[np.float64]]], constant: float) -> Law:
    """Add powers of scales (Nolan, Univariate Stable Distributions, 2020, proposition 1.4).

    In the parametrisation of `Stable` scaling does not shift the law, so that for alpha = 1 the sum
    does: by ``(2/pi) sum_i beta_i scale_i log(scale/scale_i)``.
    """
    alpha = parts[0][0].alpha
    sizes = np.concatenate([law.scale * np.abs(factors) for law, factors in parts])
    betas = np.concatenate([law.beta * np.sign(factors) for law, factors in parts])
    # Divided by a power of two, so that sums of scales (alpha = 1) that cancel do it exactly.
    unit = math.ldexp(1.0, math.frexp(_positive(float(sizes.max())))[1] - 1)
    powers = (sizes / unit) ** alpha
    total = math.fsum(powers)
    scale = _positive(unit * total ** (1.0 / alpha))
    beta = min(max(math.fsum(betas * powers) / total, -1.0), 1.0)
    places = [place for law, factors in parts for place in (law.location * factors).tolist()]
    if alpha == 1.0:
        _positive(float(sizes.min()))
        places.extend((2.0 / math.pi * betas * sizes * np.log(scale / sizes)).tolist())
    location = _finite(math.fsum([constant, *places]))
    if alpha == 1.0 and beta == 0.0:
        return Cauchy(location, scale)
    return Stable(alpha, beta, location, scale)


def _gamma(parts: Sequence[tuple[Gamma, NDArray[np.float64]]]) -> Gamma:
    """Add shapes; all scales times factors must be equal."""
    scales = np.unique(np.concatenate([law.scale * factors for law, factors in parts]))
    if scales.size > 1:
        raise NoExactLaw(f"the scales of gamma terms differ: {scales.size} values.")
    shape = math.fsum(law.shape * factors.size for law, factors in parts)
    return Gamma(_finite(shape), _positive(abs(float(scales[0]))))


def _positive(value: float) -> float:
    if not 0.0 < value < math.inf:
        raise _OutOfRangeError
    return value


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise _OutOfRangeError
    return value
