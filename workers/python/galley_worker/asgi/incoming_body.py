"""A request body that arrives while the app runs."""

from __future__ import annotations

from typing import List

from ..credit import ReceiveWindow


class IncomingBody:
    """The pieces that came and were not yet taken, and the credit for them."""

    __slots__ = ('window', 'is_taken', '_ended', '_pieces')

    def __init__(self, held: bool, first: bytes) -> None:
        self.window = ReceiveWindow(held)
        self.is_taken = False
        """The app has all of it."""
        self._ended = False
        self._pieces: List[bytes] = [first] if first else []

    @property
    def is_ready(self) -> bool:
        """Whether there is something to take: bytes or the end."""
        return self._ended or bool(self._pieces)

    def push(self, piece: bytes, end: bool) -> None:
        if piece:
            self._pieces.append(piece)
        self._ended = end

    def take(self) -> bytes:
        """All that is here."""
        self.is_taken = self._ended
        body = b''.join(self._pieces)
        self._pieces.clear()
        return body
