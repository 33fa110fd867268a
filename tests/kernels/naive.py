"""Weighted sums the slow way, from the seed to the sum, with bounds on what kernels may differ."""

from __future__ import annotations

import math

import numpy as np
from naive_draws import (
    BLOCK,
    LANES,
    PRECISIONS,
    block_words,
    draws,
    lanes,
    threefry,
    xoshiro,
)

from clt_sim.laws import Law
from clt_sim.models import Autoregressive, DataRows, Equicorrelated, FixedInputs, RandomScale
from clt_sim.nonlinearities import Identity

__all__ = [
    "BLOCK",
    "LANES",
    "block_sums",
    "block_words",
    "draws",
    "lanes",
    "sample_words",
    "threefry",
    "xoshiro",
]

STREAMS = 5
WEIGHTS, INPUTS, BIAS, COMMON, MASKS = range(STREAMS)


class Block:
    """The streams of a block, and the inputs of its terms, one after the other."""

    def __init__(self, model, seed, block, precision):
        self.model, self.p = model, PRECISIONS[precision]
        self.states = [lanes(seed, stream, block) for stream in range(STREAMS)]
        self.sample_words = block_words(self.states[INPUTS])
        """Those that decide which replicates are kept come before the inputs."""
        self.before = None
        dependence = model.dependence
        if isinstance(dependence, Equicorrelated):
            self.common = self.draws(model.inputs, COMMON)
        elif isinstance(dependence, RandomScale):
            self.common = self.draws(dependence.factor, COMMON)
        elif isinstance(model.inputs, DataRows):
            rows = block_words(self.states[COMMON]) * np.uint64(len(model.inputs.values))
            self.rows = (rows >> np.uint64(32)).astype(int)

    def draws(self, law, stream):
        return draws(law, self.states[stream], self.p)

    def inputs(self, term):
        """Return the inputs of the next term, and bounds on their errors."""
        inputs, dependence = self.model.inputs, self.model.dependence
        if isinstance(inputs, DataRows):
            x = inputs.values[self.rows, term]
            return x, self.p.rounding * np.abs(x)
        x, error = self.draws(inputs, INPUTS)
        if isinstance(dependence, RandomScale):
            factor, own = self.common
            rounding = self.p.rounding * np.abs(factor * x)
            return factor * x, np.abs(factor) * error + own * (np.abs(x) + error) + rounding
        if isinstance(dependence, Equicorrelated):
            return self.mixed(x, error, *self.common, math.sqrt(dependence.correlation))
        if isinstance(dependence, Autoregressive):
            if self.before is not None:
                x, error = self.mixed(x, error, *self.before, dependence.correlation)
            self.before = x, error
        return x, error

    def mixed(self, x, error, shared, own, factor):
        """Return the fresh x and what it shares, mixed about their mean, with this factor."""
        m, fresh = self.model.inputs.mean, math.sqrt(1.0 - factor**2)
        rounding = 2 * self.p.rounding * (np.abs(x) + np.abs(shared) + abs(m))
        mixed = m + factor * (shared - m) + fresh * (x - m)
        return mixed, abs(factor) * own + error + rounding

    def weights(self, term):
        """Return the weights of a term, with dropout, and bounds on their errors."""
        model = self.model
        if isinstance(model.weights, Law):
            w, error = self.draws(model.weights, WEIGHTS)
        else:
            w = np.full(BLOCK, model.weights.values[term])
            error = self.p.rounding * np.abs(w)
        if model.dropout:
            keep = 1.0 - model.dropout
            kept = block_words(self.states[MASKS]) < round(keep * 2.0**32)
            w, error = kept * w / keep, kept * (error + 2 * self.p.rounding * np.abs(w)) / keep
        return w, error

    def outputs(self, term):
        """Return phi(x), and bounds on the errors of a function of numbers with errors."""
        x, error = self.inputs(term)
        phi = self.model.nonlinearity
        value = np.asarray(phi(x), np.float64)
        moved = [np.abs(phi(x + side * error) - value) for side in (-1.0, 1.0)]
        return value, np.maximum(*moved) + 8.0 * self.p.rounding * (1.0 + np.abs(x) + np.abs(value))


def as_drawn(model):
    """Return the model whose inputs are drawn: fixed ones change places with the weights."""
    if not isinstance(model.inputs, FixedInputs):
        return model
    outputs = np.asarray(model.nonlinearity(model.inputs.values), np.float64)
    parts = {"bias": model.bias, "dropout": model.dropout, "nonlinearity": Identity()}
    if isinstance(model.weights, Law):
        return type(model)(model.n, inputs=model.weights, weights=outputs, **parts)
    weights = model.weights.values * outputs
    return type(model)(model.n, inputs="constant(value=1)", weights=weights, **parts)


def block_sums(model, seed, index, precision="single"):
    """Return the sums of a block, and bounds on their errors."""
    model = as_drawn(model)
    block = Block(model, seed, index, precision)
    rounding = block.p.rounding
    sums, bounds = np.zeros(BLOCK), np.full(BLOCK, rounding * abs(model.constant_bias))
    if isinstance(model.bias, Law):
        sums, bounds = block.draws(model.bias, BIAS)
    for term in range(model.n):
        w, w_error = block.weights(term)
        phi, phi_error = block.outputs(term)
        sums = sums + w * phi
        # The last part is for the rounding of sums of up to 32 terms.
        bounds = bounds + np.abs(w) * phi_error + w_error * (np.abs(phi) + phi_error)
        bounds += 8.0 * rounding * np.abs(w * phi)
    return sums + model.constant_bias, bounds


def sample_words(seed, block):
    """Return the words that decide which replicates of a block are kept."""
    return block_words(lanes(seed, INPUTS, block))
