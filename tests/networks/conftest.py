"""What tests of networks share."""

from __future__ import annotations

import signal

import pytest

collect_ignore = ["foreign_device.py", "on_a_device.py"]
"""Scripts of tests, which need PyTorch."""


@pytest.fixture(autouse=True)
def interrupts_as_at_a_terminal():
    """Processes that share tests ignore the interrupts that some tests send to themselves."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
