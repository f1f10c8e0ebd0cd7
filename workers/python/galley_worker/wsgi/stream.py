"""One request of a WSGI worker, as the thread that runs the app sees it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Callable, Deque, Optional

from ..credit import ReceiveWindow
from ..disconnect import ClientDisconnected
from ..frames import FRAME_CREDIT, INITIAL_WINDOW, MAX_BODY, window_frame
from ..timeouts import Interruption

if TYPE_CHECKING:
    from .connection import FrontConnection


class Stream:
    """What the front sends on a stream. The reading thread calls `body_came`, `credit_came` and `client_left`."""

    __slots__ = (
        'id', 'connection', 'is_gone', 'interruption', '_granted', '_spent', '_window', '_pieces', '_ended', '_is_file_open',
    )  # fmt: skip

    def __init__(self, connection: FrontConnection, stream: int, window: Optional[ReceiveWindow]) -> None:
        """`window` is for a request body that is still to come."""
        self.id = stream
        self.connection = connection
        self.is_gone = False
        """The response is no longer wanted."""
        self.interruption: Optional[Interruption] = None
        """Where the app was called; made by the thread that calls it."""
        # Two counters, since `+=` of two threads on one would lose credit.
        self._granted = INITIAL_WINDOW
        self._spent = 0
        self._window = window
        self._pieces: Deque[bytes] = deque()
        self._ended = False
        self._is_file_open = False

    def body_came(self, piece: bytes, end: bool) -> None:
        if piece:
            self._pieces.append(piece)
        self._ended = end

    def credit_came(self, credit: int) -> None:
        self._granted += credit
        if credit == FRAME_CREDIT:  # that of body bytes comes in larger sums
            self._is_file_open = True

    def client_left(self) -> None:
        self.is_gone = True

    def interrupt(self) -> bool:
        """Raises RequestTimeout in the thread that runs the app. False where it cannot be now; it is to be tried again."""
        interruption = self.interruption
        return interruption is not None and interruption.interrupt()

    def read(self, size: int) -> bytes:
        """At most so many bytes of the request body, b'' at its end. Waits for the front. Raises ClientDisconnected."""
        window = self._window
        assert window
        if not self._has_body():
            self._give(window.asked())
            self._wait(self._has_body)
        if self.is_gone:
            raise ClientDisconnected
        if not self._pieces:
            return b''
        piece = self._pieces[0]
        if len(piece) > size:
            self._pieces[0] = piece[size:]
            piece = piece[:size]
        else:
            self._pieces.popleft()
        if not self._ended:
            self._give(window.took(len(piece)))
        return piece

    def spend(self, size: int) -> int:
        """How many of `size` bytes may be sent now, at least one; they count as sent. Waits. Raises ClientDisconnected."""
        if self._granted == self._spent:
            self._wait(self._has_credit)
        if self.is_gone:
            raise ClientDisconnected
        allowed = min(size, self._granted - self._spent, MAX_BODY)
        self._spent += allowed
        return allowed

    def send_file(self, frame: bytes) -> None:
        """Sends a FILE and waits until the front has the file open. Raises ClientDisconnected."""
        if not self._has_file_credit():
            self._wait(self._has_file_credit)
        if self.is_gone:
            raise ClientDisconnected
        self._spent += FRAME_CREDIT
        self._send(frame)
        self._wait(self._has_file_open)
        if self.is_gone:
            raise ClientDisconnected

    def _has_body(self) -> bool:
        return bool(self._pieces) or self._ended or self.is_gone

    def _has_credit(self) -> bool:
        return self._granted > self._spent or self.is_gone

    def _has_file_credit(self) -> bool:
        return self._granted - self._spent >= FRAME_CREDIT or self.is_gone

    def _has_file_open(self) -> bool:
        return self._is_file_open or self.is_gone

    def _give(self, credit: int) -> None:
        if credit:
            self._send(window_frame(self.id, credit))

    def _send(self, frame: bytes) -> None:
        interruption = self.interruption
        assert interruption
        with interruption.shield:
            interruption.check()
            self.connection.send(frame)

    def _wait(self, is_ready: Callable[[], bool]) -> None:
        interruption = self.interruption
        assert interruption
        interruption.hold_off()
        try:
            self.connection.wait(is_ready)
        finally:
            interruption.let_on()
