"""Sums of a few outputs as mixtures of parts that are near one place each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from clt_sim.exact.output_pieces import pieces
from clt_sim.exact.output_transform import OutputTransform
from clt_sim.exact.sum_parts import SumParts
from clt_sim.exact.transform_sums import Summand, SumPiece, SumTransform

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST = 24
_MOST_KINDS = 4
"""Sums of more than a few outputs have transforms that fall fast as they are."""
_SAME = 1e-9


def sum_pieces(summands: Sequence[Summand], log_mass: float) -> tuple[SumPiece, ...]:
    """Return the pieces of a sum; none, if they are many, or each term is in one part anyway.

    Parameters
    ----------
    summands : sequence of Summand
        The terms.
    log_mass : float
        Logarithm of the probability that not all are at an atom.
    """
    if len(summands) > _MOST_KINDS:
        return ()
    places = [_places(summand.parts) for summand in summands]
    counts = [summand.count for summand in summands]
    if min(map(len, places), default=0) < 2:
        return ()
    splits = pieces([*zip(counts, map(len, places), strict=True)], _MOST)
    if not splits:
        return ()
    near = [_parts(summand.parts) for summand in summands]
    factors = [summand.factor for summand in summands]
    scaled = [[factor * y for y in own] for factor, own in zip(factors, places, strict=True)]
    found = []
    for split in splits:
        terms = tuple(
            Summand(part, factor, count)
            for parts, factor, own in zip(near, factors, split.counts, strict=True)
            for part, count in zip(parts, own, strict=True)
            if count
        )
        if any(term.parts.transform is not None for term in terms):
            transform = SumTransform(terms, 0.0, (0.0, 1.0), log_mass)
            found.append(SumPiece(split.place(scaled), split.log_ways, transform))
    return tuple(found)


def _places(parts: SumParts) -> list[float]:
    """Return where a term is not smooth or has atoms, rising; nothing if it needs no parts."""
    transform = parts.transform
    if not isinstance(transform, OutputTransform):
        return []
    rough = transform.rough_places
    slack = _SAME * transform.scale
    alone = [x for x in parts.atoms if all(abs(x - y) > slack for y in rough)]
    return sorted([*rough, *alone]) if rough else []


def _parts(parts: SumParts) -> list[SumParts]:
    """Return the parts near these places, as numbers measured from them."""
    transform = parts.transform
    if not isinstance(transform, OutputTransform):
        raise AssertionError("only outputs have parts")
    atoms = dict(parts.atoms)
    slack = _SAME * transform.scale
    found = []
    for part in transform.parts():
        here = [x for x in atoms if abs(x - part.place) <= slack]
        mass = math.fsum(atoms.pop(x) for x in here)
        own = SumParts(part, {0.0: mass} if here else {}, parts.mass * part.mass)
        found.append((part.place, own))
    found += [(x, SumParts(None, {0.0: mass}, 0.0)) for x, mass in atoms.items()]
    return [own for _, own in sorted(found, key=lambda pair: pair[0])]
