"""Whether the files of a figure repeat, and show something."""

from __future__ import annotations

import json

from matplotlib.image import imread

from clt_sim.figures import build
from clt_sim.figures.output import write
from clt_sim.plotting import style


def check_files(recipe, data, folder, *, seed, white):
    """Build a draft and compare its files with those of data computed before, by the same seed.

    The share of white in the picture, 7 inches wide, must be between the two of `white`.
    """
    (folder / "again").mkdir()
    picture_file, data_file = build(recipe, folder, seed=seed, formats=("png",))
    description = {"name": recipe.name, "parameters": {}, "quality": "draft", "seed": seed}
    with style():
        again = write(recipe.draw(data), {**description, "data": data}, folder / "again", ("png",))
    assert picture_file.read_bytes() == again[0].read_bytes()
    assert json.loads(data_file.read_text())["data"] == json.loads(again[1].read_text())["data"]
    picture = imread(picture_file)
    assert picture.shape[1] == 1400
    assert white[0] < (picture[..., :3].min(axis=2) > 0.99).mean() < white[1]
