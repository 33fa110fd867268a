"""The driver: a range of chunks of replicates, from the seed to the statistics."""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import numpy as np

from clt_sim._cuda.compilation import allocated, cuda, placed, uncontracted
from clt_sim._cuda.draws import source_of
from clt_sim._cuda.statistics import SELECTORS, select, statistics_kernel
from clt_sim._cuda.sums import Drawn, sum_kernel
from clt_sim._cuda.terms import Parameters, SumKind
from clt_sim._cuda.waves import take_waves
from clt_sim._kernels.blocks import (
    BIAS,
    COMMON,
    DATA_ROWS,
    INPUTS,
    RANDOM_SCALE,
    WEIGHTS,
    SumParameters,
)
from clt_sim._kernels.driver import CHUNK
from clt_sim._kernels.laws import Laws
from clt_sim._kernels.rows import BLOCK, LANES
from clt_sim._kernels.statistics import (
    COUNT_LANES,
    FREQUENCIES,
    ORDERS,
    POWER_LANES,
    Accumulators,
    Grid,
)

LAUNCH_CHUNKS = 256
"""Chunks times prefixes of a launch: their sums take 128 MiB."""

_launching = threading.Lock()


class _Kept(NamedTuple):
    """The samples, on the graphics processor."""

    count: Any
    words: Any
    places: Any
    sums: Any


def sum_kind(laws: Laws, model: SumParameters) -> SumKind:
    """Return what decides which kernel draws a sum."""
    has_factor, has_data = model.dependence == RANDOM_SCALE, model.dependence == DATA_ROWS
    return SumKind(
        nonlinearity=model.nonlinearity,
        weights=None if model.fixed_weights.size else source_of(laws, int(WEIGHTS)),
        inputs=None if has_data else source_of(laws, int(INPUTS)),
        bias=source_of(laws, int(BIAS)) if model.random_bias else None,
        factor=source_of(laws, int(COMMON)) if has_factor else None,
        dependence=model.dependence,
        dropout=model.dropout,
        double=laws.numbers.dtype == np.float64,
    )


def sum_arguments(laws: Laws, model: SumParameters) -> tuple[Laws, Parameters]:
    """Copy what a kernel of sums takes to the graphics processor."""
    numbers = {name: getattr(model, name) for name in Parameters._fields}
    parameters = Parameters(**numbers)._replace(
        fixed_weights=placed(model.fixed_weights), data=placed(model.data)
    )
    return Laws(*map(placed, laws)), parameters


def sample_chunks(
    seed_words: tuple[np.uint32, np.uint32],
    chunks: range,
    draws: int,
    laws: Laws,
    model: SumParameters,
    grid: Grid,
    accumulated: Accumulators,
) -> None:
    """Sample a range of chunks of a run of `draws` replicates.

    Parameters
    ----------
    seed_words : tuple of uint32
        The seed, the lower word first.
    chunks : range
        Which chunks.
    draws : int
        Replicates of the run; the last chunk may have fewer than others.
    laws : Laws
        The laws of the streams.
    model : SumParameters
        The sum, in the same precision.
    grid : Grid
        Where the statistics are taken.
    accumulated : Accumulators
        Filled as ``clt_sim._kernels.driver.sample_chunks`` does it, but for the order of the
        samples and the copies of the bins.
    """
    with _launching, uncontracted():
        step = min(max(LAUNCH_CHUNKS // grid.ns.size, 1), len(chunks))
        run = _Run(seed_words, laws, model, grid, accumulated, step * CHUNK)
        for first in range(chunks.start, chunks.stop, step):
            last = min(first + step, chunks.stop)
            replicates = min(last * CHUNK, draws) - first * CHUNK
            run.launch(first, replicates, slice(first - chunks.start, last - chunks.start))
        run.finish()


class _Run:
    """The arrays of a run on the graphics processor, and the launches that fill them."""

    def __init__(
        self,
        seed_words: tuple[np.uint32, np.uint32],
        laws: Laws,
        model: SumParameters,
        grid: Grid,
        accumulated: Accumulators,
        most_replicates: int,
    ) -> None:
        self._seed_words, self._grid, self._accumulated = seed_words, grid, accumulated
        self._draw_sums = sum_kernel(sum_kind(laws, model))
        self._arguments = sum_arguments(laws, model)
        self._drawn = Drawn(
            placed(grid.ns),
            allocated(most_replicates, np.uint32),
            allocated((grid.ns.size, most_replicates), np.float64),
        )
        self._places = [*map(placed, (grid.locations, grid.inverse_scales, grid.zeros))]
        self._counts = cuda.to_device(np.zeros_like(accumulated.counts[:, ::COUNT_LANES]))
        self._kept = _Kept(
            cuda.to_device(accumulated.kept),
            cuda.device_array_like(accumulated.kept_words),
            cuda.device_array_like(accumulated.kept_places),
            cuda.device_array_like(accumulated.kept_sums),
        )

    def launch(self, first: int, replicates: int, places: slice) -> None:
        """Draw so many replicates from the chunk `first` on, and take their statistics.

        Parameters
        ----------
        first, replicates : int
            Which.
        places : slice
            The places of their chunks in the accumulators.
        """
        drawn, blocks = self._drawn, -(-replicates // BLOCK)
        first_block = first * (CHUNK // BLOCK)
        self._draw_sums[blocks, LANES](*self._seed_words, first_block, *self._arguments, drawn)
        keep_up_to = self._accumulated.keep_up_to
        select[-(-replicates // SELECTORS), SELECTORS](
            replicates, first * CHUNK, keep_up_to, drawn.words, drawn.sums, *self._kept
        )
        self._take_statistics(replicates, places)
        if self._grid.characteristic_function:
            self._take_waves(replicates, places)

    def _take_statistics(self, replicates: int, places: slice) -> None:
        chunks, prefixes = places.stop - places.start, self._grid.ns.size
        powers = cuda.device_array((chunks, prefixes, ORDERS), np.float64)
        extremes = cuda.device_array((chunks, prefixes, 2, POWER_LANES), np.float64)
        zeros = cuda.device_array((chunks, prefixes, 2, POWER_LANES), np.int32)
        bins = self._counts.shape[1] - 2
        statistics_kernel(bins)[(chunks, prefixes), POWER_LANES](
            replicates,
            self._drawn.sums,
            *self._places,
            self._grid.low,
            self._grid.bins_per_unit,
            powers,
            extremes,
            zeros,
            self._counts,
        )
        filled, found = self._accumulated, extremes.copy_to_host()
        filled.chunk_powers[places] = powers.copy_to_host()
        least, most = filled.extremes[:, 0], filled.extremes[:, 1]
        np.minimum(least, found[:, :, 0].min(axis=(0, 2)), out=least)
        np.maximum(most, found[:, :, 1].max(axis=(0, 2)), out=most)
        filled.zeros[...] += zeros.copy_to_host().sum(axis=(0, 3), dtype=np.int64)

    def _take_waves(self, replicates: int, places: slice) -> None:
        chunks, prefixes = places.stop - places.start, self._grid.ns.size
        waves = cuda.device_array((chunks, prefixes, 2, FREQUENCIES), np.float64)
        locations, inverse_scales, _ = self._places
        take_waves[(chunks, prefixes), POWER_LANES](
            replicates, self._drawn.sums, locations, inverse_scales, waves
        )
        self._accumulated.chunk_waves[places] = waves.copy_to_host()

    def finish(self) -> None:
        """Copy counts and samples to the accumulators."""
        filled = self._accumulated
        filled.counts[:, ::COUNT_LANES] += self._counts.copy_to_host()
        self._kept.count.copy_to_host(filled.kept)
        self._kept.words.copy_to_host(filled.kept_words)
        self._kept.places.copy_to_host(filled.kept_places)
        self._kept.sums.copy_to_host(filled.kept_sums)
