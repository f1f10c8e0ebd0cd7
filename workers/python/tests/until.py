"""Waiting for what nobody tells."""

from __future__ import annotations

import time
from typing import Callable

from .fake_front import TIMEOUT


def until(condition: Callable[[], object]) -> None:
    """Returns when `condition` holds. Raises AssertionError where it does not within TIMEOUT seconds."""
    late = time.monotonic() + TIMEOUT
    while not condition():
        if time.monotonic() > late:
            raise AssertionError(f'{condition} does not hold after {TIMEOUT:g} seconds')
        time.sleep(0.002)
