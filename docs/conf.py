"""Configuration of the documentation."""

from clt_sim import __version__

project = "clt_sim"
author = "The clt_sim developers"
project_copyright = "2026, The clt_sim developers"
release = __version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
]
exclude_patterns = ["_build"]
myst_enable_extensions = ["dollarmath"]
numpydoc_show_class_members = False
autodoc_typehints = "none"
autosummary_generate = True
html_theme = "furo"
html_title = f"clt_sim {release}"
