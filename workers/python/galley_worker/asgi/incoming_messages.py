"""The messages of a WebSocket that came and were not yet taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Tuple

from ..credit import ReceiveWindow
from ..frames import FRAME_CREDIT, MAX_BODY, MORE, TEXT, FrameError

if TYPE_CHECKING:
    from .stream import Message


class IncomingMessages:
    """Joins the pieces of messages and counts the credit for them (frame.md, "Credit")."""

    __slots__ = ('_window', '_pieces', 'ready', 'has_ended')

    def __init__(self) -> None:
        self._window = ReceiveWindow(False)
        self._pieces: List[bytes] = []
        # Not a deque: empty, it would take an eighth of the memory of an idle WebSocket, and the credit keeps this short.
        self.ready: List[Tuple[Message, int]] = [({'type': 'websocket.connect'}, 0)]
        """What the app can take, and the credit that each uses."""
        self.has_ended = False
        """Nothing more comes."""

    def push(self, flags: int, piece: bytes) -> int:
        """A WS_MESSAGE came. Returns the bytes of credit to give back, or 0. Raises FrameError."""
        size = len(piece) + FRAME_CREDIT
        if size > MAX_BODY + FRAME_CREDIT:
            raise FrameError(f'Cannot read a WS_MESSAGE of {len(piece)} bytes')
        if flags & MORE:
            self._pieces.append(piece)
            return self._window.took(size)
        if self._pieces:
            self._pieces.append(piece)
            piece = b''.join(self._pieces)
            self._pieces = []
        if flags & TEXT:
            try:
                text = piece.decode()
            except UnicodeDecodeError:
                raise FrameError('Cannot read a WS_MESSAGE: its text is not UTF-8') from None
            self.ready.append(({'type': 'websocket.receive', 'text': text}, size))
        else:
            self.ready.append(({'type': 'websocket.receive', 'bytes': piece}, size))
        return 0

    def end(self) -> None:
        """Nothing more comes: a message that is not complete never will be."""
        self.has_ended = True
        self._pieces = []

    def discard(self) -> None:
        """The app gets nothing more, not even what is ready."""
        self.ready = []
        self.end()

    def take(self) -> Tuple[Message, int]:
        """The first of what is ready, and the bytes of credit to give back, or 0."""
        message, size = self.ready.pop(0)
        return message, self._window.took(size)
