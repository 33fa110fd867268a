"""Another processor gives the same bytes, and a second process compiles nothing.

Both are shown by one compilation for a processor without AVX and without a fused
multiply-add instruction. It is by far the slowest test of the kernels.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import specimens

DRAWS, SEED = 3 * 1024 + 17, 11
CACHED = 7
"""The driver, and what it is given in two precisions: two to fill blocks, one to add terms."""
SOME = 7
"""The second process repeats every seventh model: of either precision, with and without tables."""
SCRIPT = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
import numpy as np
import specimens
import clt_sim as clt
from clt_sim._kernels import driver, laws, sums

phis = [phi for phi in clt.nonlinearities.names() if phi not in ("exp", "square")]
parts = [law for law in specimens.laws() if law.name != "scipy"]
for index in range(0, len(parts), int(sys.argv[2])):
    law = parts[index]
    phi, weights = phis[index % len(phis)], parts[index - 7]
    model = clt.WeightedSum(35, law, phi, weights, bias=parts[index - 3])
    precision = ("single", "double")[index % 2]
    summary = clt.simulate(
        model, {DRAWS}, seed={SEED}, threads=1, precision=precision, characteristic_function=True
    )
    summary.save(f"{{sys.argv[1]}}/{{index}}.npz")
ensembles = [
    dict(dependence="equicorrelated", dropout=0.3),
    dict(dependence="autoregressive(correlation=-0.5)"),
    dict(dependence="random-scale(factor='cauchy')"),
    dict(inputs=np.cos(np.arange(105.0)).reshape(3, 35)),
    dict(inputs=np.cos(np.arange(35.0)), nonlinearity="exp"),
    dict(nonlinearity="square"),
]
for index, ensemble in enumerate(ensembles):
    clt.simulate(clt.WeightedSum(35, **ensemble), {DRAWS}).save(f"{{sys.argv[1]}}/e{{index}}.npz")
_, processor, features = driver.sample_chunks.targetctx.codegen().magic_tuple()
cached = sum(driver.sample_chunks.stats.cache_hits.values())
for real in (np.float32, np.float64):
    given = *laws.fill(real), sums.add_term(real)
    cached += sum(function.cache_hits for function in given)
print(processor, features or "no-features", cached)
"""


def saved_by_a_process(folder, every=1, **environment):
    folder.mkdir()
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder), str(every)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.split(), {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def plain_processor(tmp_path_factory):
    """Two processes, one after the other, with a disk cache of their own."""
    tmp = tmp_path_factory.mktemp("plain")
    settings = {
        "NUMBA_CPU_NAME": "generic",
        "NUMBA_CPU_FEATURES": "",
        "NUMBA_CACHE_DIR": str(tmp / "cache"),
    }
    first = saved_by_a_process(tmp / "first", **settings)
    return first, saved_by_a_process(tmp / "second", every=SOME, **settings)


def test_a_processor_without_wide_vectors_gives_the_same_bytes(plain_processor, tmp_path):
    (description, plain), _ = plain_processor
    native_description, native = saved_by_a_process(tmp_path / "native")
    assert description[:2] == ["generic", "no-features"]
    assert native_description[:2] != description[:2]
    assert len(native) > len(specimens.LAWS) + 6
    assert plain == native


def test_the_second_process_finds_everything_in_the_disk_cache(plain_processor):
    (first, once), (second, again) = plain_processor
    assert first[2] == "0"
    assert int(second[2]) >= CACHED
    assert len(again) > len(once) / SOME
    assert {name: once[name] for name in again} == again
