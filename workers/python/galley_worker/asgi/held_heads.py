"""Heads of responses that wait for the first body."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Deque, List, Tuple

if TYPE_CHECKING:
    from .response import Response

HELD_BACK = 0.05
"""How long a head waits for its first body, in seconds: an exception meanwhile still becomes a 500."""
_PRECISION = 0.001
"""That of uvloop's clock, in seconds: timers may be early by as much."""


class HeldHeads:
    """Releases every head in its own time. Most have their body within the turn of the event loop, and need no timer."""

    __slots__ = ('_loop', 'begun', '_held')

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.begun: List[Response] = []
        """Responses that began in this turn of the event loop; `keep` is called at its end."""
        self._held: Deque[Tuple[float, Response]] = deque()

    def keep(self) -> None:
        """Sets the time for those that wait since this turn."""
        held = [response for response in self.begun if response.head is not None]
        self.begun.clear()
        if not held:
            return
        due = self._loop.time() + HELD_BACK
        if not self._held:
            self._loop.call_at(due, self._release)
        self._held.extend((due, response) for response in held)

    def _release(self) -> None:
        held = self._held
        now = self._loop.time() + _PRECISION
        while held and held[0][0] <= now:
            held.popleft()[1].release()
        if held:
            self._loop.call_at(held[0][0], self._release)
