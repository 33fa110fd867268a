"""Configuration of the documentation."""

import sys
from pathlib import Path

from clt_sim import __version__

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

project = "clt_sim"
author = "The clt_sim developers"
project_copyright = "2026, The clt_sim developers"
release = __version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinxcontrib.bibtex",
    "gallery",
    "claim_table",
]
exclude_patterns = ["_build", "_extensions"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
numpydoc_show_class_members = False
autodoc_typehints = "none"
autosummary_generate = True
bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "plain"
bibtex_reference_style = "author_year"
copybutton_prompt_text = "$ "
html_theme = "pydata_sphinx_theme"
html_title = f"clt_sim {release}"
html_show_sourcelink = False
html_theme_options = {
    "navigation_with_keys": False,
    "navbar_align": "left",
    "show_toc_level": 2,
    "header_links_before_dropdown": 5,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"index": [], "tutorial": [], "gallery": [], "claims": [], "peers": []}
