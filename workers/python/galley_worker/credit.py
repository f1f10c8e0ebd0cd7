"""Credit for the request body of one stream (frame.md, "Credit")."""

from __future__ import annotations

from .frames import INITIAL_WINDOW


class ReceiveWindow:
    """Counts what the app took of a request body, and says when the front may send more."""

    __slots__ = ('_held', '_taken')

    def __init__(self, held: bool) -> None:
        self._held = held
        self._taken = 0

    def asked(self) -> int:
        """The app asks for the body. Returns the bytes of credit to give, or 0."""
        if not self._held:
            return 0
        self._held = False
        return INITIAL_WINDOW

    def took(self, size: int) -> int:
        """The app took `size` bytes. Returns the bytes of credit to give back, or 0."""
        self._taken += size
        if self._taken < INITIAL_WINDOW // 2:
            return 0
        credit = self._taken
        self._taken = 0
        return credit
