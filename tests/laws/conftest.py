"""Every registered law, at its defaults and with its parameters changed."""

from __future__ import annotations

import pytest
import specimens


@pytest.fixture(params=specimens.laws(), ids=str)
def law(request):
    return request.param
