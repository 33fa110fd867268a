"""Another processor gives the same bytes, and a second process compiles nothing.

Both are shown by one compilation for a processor without AVX and without a fused
multiply-add instruction. It is by far the slowest test of the kernels.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import clt_sim as clt

DRAWS, SEED = 3 * 1024 + 17, 11
SCRIPT = f"""
import sys
import clt_sim as clt
from clt_sim._kernels import driver

laws, phis = clt.laws.names(), clt.nonlinearities.names()
for index in range(max(len(laws), len(phis))):
    law, phi = laws[index % len(laws)], phis[index % len(phis)]
    model = clt.WeightedSum(35, law, phi, laws[index % len(laws) - 1], bias=0.25)
    clt.simulate(model, {DRAWS}, seed={SEED}, threads=1).save(f"{{sys.argv[1]}}/{{index}}.npz")
_, processor, features = driver.sample_chunks.targetctx.codegen().magic_tuple()
print(processor, features or "no-features", sum(driver.sample_chunks.stats.cache_hits.values()))
"""


def saved_by_a_process(folder, **environment):
    folder.mkdir()
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder)],
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
    return [saved_by_a_process(tmp / name, **settings) for name in ("first", "second")]


def test_a_processor_without_wide_vectors_gives_the_same_bytes(plain_processor, tmp_path):
    (description, plain), _ = plain_processor
    native_description, native = saved_by_a_process(tmp_path / "native")
    assert description[:2] == ["generic", "no-features"]
    assert native_description[:2] != description[:2]
    assert len(native) == max(len(clt.laws.names()), len(clt.nonlinearities.names()))
    assert plain == native


def test_the_second_process_finds_the_driver_in_the_disk_cache(plain_processor):
    (first, once), (second, again) = plain_processor
    assert first[2] == "0"
    assert second[2] == "1"
    assert once == again
