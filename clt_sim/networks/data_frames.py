"""Import of pandas where a data frame is asked for."""

from __future__ import annotations

import importlib
from typing import Any


def import_pandas() -> Any:
    """Return the module pandas.

    Raises
    ------
    ModuleNotFoundError
        If it is not installed; the message says how to install it.
    """
    try:
        return importlib.import_module("pandas")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("a data frame needs pandas: pip install pandas") from error
