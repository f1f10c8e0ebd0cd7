"""One front's connection to a WSGI worker."""

from __future__ import annotations

import io
import os
import socket
import sys
import threading
from collections import deque
from contextlib import suppress
from time import monotonic
from typing import Callable, Deque, Dict, List, Optional, Tuple

from ..credit import ReceiveWindow
from ..frames import (
    BODY,
    CANCEL,
    CONNECT,
    DEADLINE,
    DRAIN,
    END,
    HOLD,
    PING,
    PONG_FRAME,
    REQUEST,
    RETURNED,
    TAKEN_BACK,
    WINDOW,
    FrameDecoder,
    FrameError,
    abort_frame,
    head_end,
    pack_header,
    u32,
)
from .environ import Environ, EnvironMaker
from .input import streamed_input
from .stream import Stream

_DEADLINE = bytes([DEADLINE])
_TAKEN_BACK = bytes([TAKEN_BACK])
_READ_SIZE = 256 * 1024
_GATHERED_FRAMES = 16


Request = Tuple[Stream, Environ]
"""What a thread needs to answer a request."""


class FrontConnection:
    """Reads frames in one thread and writes those of all."""

    def __init__(
        self,
        sock: socket.socket,
        environs: EnvironMaker,
        take: Callable[[Request], None],
        connect_came: Callable[[str], None],
    ) -> None:
        """`take` gets every request, `connect_came` the path in a CONNECT."""
        self._socket = sock
        self._environs = environs
        self._take = take
        self._connect_came = connect_came
        self._decoder = FrameDecoder(self._frame)
        self._streams: Dict[int, Stream] = {}
        # Those that the app has not been called for. Two threads may want one: `pop` gives it to one of them.
        self._unbegun: Dict[int, Stream] = {}
        self._late: List[Stream] = []
        """Where RequestTimeout is still to be raised."""
        self.is_draining = False
        """The front has sent DRAIN."""
        self._changed = threading.Condition()
        self._sending = threading.Lock()
        self._unsent: Deque[bytes] = deque()
        self._unsent_since = 0.0

    def fileno(self) -> int:
        return self._socket.fileno()

    def read(self) -> bool:
        """Takes what comes next. Returns whether the connection goes on; lets the app know when it does not."""
        try:
            data = self._socket.recv(_READ_SIZE)
        except OSError:
            data = b''
        if not data:
            self._tell_all()
            return False
        try:
            self._decoder.receive(data)
        except FrameError as error:
            print(f'galley: a front sent a broken frame: {error}', file=sys.stderr, flush=True)
            os._exit(1)
        return True

    @property
    def needs_look(self) -> bool:
        """Whether something waits for `look`."""
        return bool(self._unsent or self._late)

    def send(self, frame: bytes) -> None:
        """Writes a frame, behind those that wait."""
        self._unsent.append(frame)
        self.flush()

    def send_soon(self, frame: bytes) -> None:
        """Writes a frame with others, when some have gathered, the thread has no more to do, or `look` finds that it has waited."""
        unsent = self._unsent
        if not unsent:
            self._unsent_since = monotonic()
        unsent.append(frame)
        if len(unsent) >= _GATHERED_FRAMES:
            self.flush()

    def flush(self) -> None:
        """Writes what waits. What the front no longer reads is dropped: `read` sees that it is gone."""
        unsent = self._unsent
        with self._sending:
            frames: List[bytes] = []
            # Other threads add to it meanwhile: it is taken apart one by one, never replaced.
            while unsent:
                frames.append(unsent.popleft())
            if frames:
                with suppress(OSError):
                    self._socket.sendall(b''.join(frames))

    def look(self, age: float) -> None:
        """Writes what has waited for `age` seconds: the thread that gathered it is held up. Interrupts what has taken too long."""
        if self._unsent and monotonic() - self._unsent_since >= age:
            self.flush()
        if self._late:
            self._late = [stream for stream in self._late if not stream.interrupt()]

    def wait(self, is_ready: Callable[[], bool]) -> None:
        """Returns when frames have made `is_ready` true."""
        self.flush()
        with self._changed:
            self._changed.wait_for(is_ready)

    def begins(self, stream: Stream) -> bool:
        """The app is to be called for a request. Returns whether it may: the front may have taken it back."""
        return self._unbegun.pop(stream.id, None) is not None

    def finished(self, stream: Stream) -> None:
        """The app is done with a request."""
        del self._streams[stream.id]
        if self.is_draining:
            self._check_done()

    def close(self) -> None:
        """What is sent from now on is dropped."""
        with self._sending:  # or another thread might write to what gets the descriptor's number next
            self._socket.close()

    def _tell_all(self) -> None:
        """The front is gone: forgets what has not begun, lets the app know of the rest."""
        for stream_id in list(self._unbegun):
            if self._unbegun.pop(stream_id, None) is not None:
                del self._streams[stream_id]
        with self._changed:
            for stream in self._streams.copy().values():
                stream.client_left()
            self._changed.notify_all()

    def _check_done(self) -> None:
        """Once the front has sent DRAIN and no request is left: says goodbye; the front closes when it has read all."""
        if self.is_draining and not self._streams:
            self.flush()
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)

    def _frame(self, kind: int, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        if kind == REQUEST:
            self._open(flags, stream_id, data, start, end)
        elif kind == DRAIN:
            self.is_draining = True
            self._check_done()
        elif kind == PING:
            self.send(PONG_FRAME)
        elif kind == CONNECT:
            if not self.is_draining:
                self._connect_came(os.fsdecode(data[start:end]))
        elif kind == CANCEL and self._unbegun.pop(stream_id, None) is not None:
            returned = pack_header(0, RETURNED, 0, 0, stream_id)
            self.send(returned if data[start:end] == _TAKEN_BACK else abort_frame(stream_id, ''))
            self.finished(self._streams[stream_id])
        elif kind == CANCEL and data[start:end] == _TAKEN_BACK:
            pass  # the app has been called
        elif kind == BODY or kind == WINDOW or kind == CANCEL:
            stream = self._streams.get(stream_id)
            with self._changed:
                self._tell(stream, kind, flags, data, start, end)
                self._changed.notify_all()
        else:
            raise FrameError(f'Cannot take a frame of kind {kind} from a front')

    def _tell(self, stream: Optional[Stream], kind: int, flags: int, data: bytes, start: int, end: int) -> None:
        credit = u32(data, start, end) if kind == WINDOW else 0
        if stream is None:
            return
        if kind == BODY:
            stream.body_came(data[start:end], bool(flags & END))
        elif kind == WINDOW:
            stream.credit_came(credit)
        else:
            stream.client_left()
            if data[start:end] == _DEADLINE:
                self._late.append(stream)

    def _open(self, flags: int, stream_id: int, data: bytes, start: int, end: int) -> None:
        body_start = head_end(data, start, end)
        if flags & END:
            stream = Stream(self, stream_id, None)
            body: io.IOBase = io.BytesIO(data[body_start:end])
            length: Optional[int] = end - body_start
        else:
            stream = Stream(self, stream_id, ReceiveWindow(bool(flags & HOLD)))
            stream.body_came(data[body_start:end], False)
            body = streamed_input(stream)
            length = None
        self._streams[stream_id] = self._unbegun[stream_id] = stream
        self._take((stream, self._environs.make(data[start + 4 : body_start], body, length)))
