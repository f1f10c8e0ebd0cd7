"""One front's connection to an ASGI worker."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence, cast

from ..frames import (
    BODY, CANCEL, CONNECT, DEADLINE, DRAIN, END, HOLD, PING, PONG_FRAME, REQUEST, TAINTED, TAKEN_BACK, WEBSOCKET, WINDOW, WS_CLOSE,
    WS_MESSAGE, FrameDecoder, FrameError, abort_frame, close_of, head_end, u32,
)  # fmt: skip
from .held_heads import HeldHeads
from .incoming_body import IncomingBody
from .left_threads import is_run_in_thread
from .request import Request
from .scope import Scope, http_scope, websocket_scope
from .stream import App, Stream
from .websocket import WebSocket

if TYPE_CHECKING:
    from .fronts import Fronts

_TASK_NAME = 'galley-request'
_DEADLINE = bytes([DEADLINE])
_TAKEN_BACK = bytes([TAKEN_BACK])
_THREAD_GRACE = 2.0
"""How long a thread may go on behind the task that waited for it, in seconds; as long as the front gives a task."""
_HAS_EAGER_START = sys.version_info >= (3, 12)


class FrontConnection(asyncio.Protocol):
    """Starts a task for every REQUEST and gathers what they send: one write for each turn of the event loop."""

    def __init__(
        self,
        fronts: Fronts,
        app: App,
        root_path: str,
        state: Optional[Dict[str, Any]],
        hello: bytes,
    ) -> None:
        """`hello` is the first frame."""
        self._fronts = fronts
        self._app = app
        self._root_path = root_path
        self._state = state
        self.loop = asyncio.get_running_loop()
        self._closed: asyncio.Future[None] = self.loop.create_future()
        self._transport: Optional[asyncio.Transport] = None
        self._streams: Dict[int, Stream] = {}
        self._decoder = FrameDecoder(self._frame)
        self._is_over = False
        """No request will come: the front has sent DRAIN or is gone."""
        self.flush_scheduled = False
        self.is_paused = False
        self.has_woken = False
        """Tasks will go on in this turn and answer: what they send shall leave right behind their steps."""
        self.is_ending = False
        """The worker ends; tasks are cancelled for that."""
        self.resumed = asyncio.Event()
        self.out: List[bytes] = [hello]
        """What is queued; whoever adds to it calls `schedule_flush`."""
        self.held = HeldHeads(self.loop)
        """Responses whose head waits for the first body; whoever adds to them calls `schedule_flush`."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.flush()

    def data_received(self, data: bytes) -> None:
        if _HAS_EAGER_START:
            self.flush_scheduled = True
        try:
            self._decoder.receive(data)
        except FrameError as error:
            print(f'galley: a front sent a broken frame: {error}', file=sys.stderr, flush=True)
            os._exit(1)
        if _HAS_EAGER_START:
            self._flush_turn()
        if self.has_woken:
            self.has_woken = False
            self.schedule_flush()

    def connection_lost(self, exc: Optional[Exception]) -> None:
        self._transport = None
        for stream in self._streams.values():
            stream.client_left()
        self.resume_writing()
        self._closed.set_result(None)
        if not self._is_over:
            self._is_over = True
            self._fronts.lost()

    @property
    def is_closed(self) -> bool:
        """The front is gone, or has read all."""
        return self._closed.done()

    @property
    def is_done(self) -> bool:
        """No stream is left and none will come."""
        return self._is_over and not self._streams

    def pause_writing(self) -> None:
        self.is_paused = True

    def resume_writing(self) -> None:
        self.is_paused = False
        self.resumed.set()
        self.resumed.clear()

    def write(self, frame: bytes) -> None:
        """Queues a frame."""
        self.out.append(frame)
        self.schedule_flush()

    def schedule_flush(self) -> None:
        """Sends what is queued once the steps of this turn of the event loop have run."""
        if not self.flush_scheduled:
            self.flush_scheduled = True
            self.loop.call_soon(self._flush_turn)

    def flush(self) -> None:
        """Hands what is queued to the transport."""
        if self.out:
            if self._transport is not None:
                self._transport.write(b''.join(self.out))
            self.out.clear()

    def finished(self, stream: int) -> None:
        """The app has returned."""
        del self._streams[stream]
        if self._is_over:
            self._fronts.look()

    def look_for_threads(self, futures: Sequence[object]) -> None:
        """
        A task is cancelled that waits for these. Tells the front where a thread is still at work for them a while later: it has a
        place in its pool, which fills up with such.
        """

        def look() -> None:
            if not self._is_over and is_run_in_thread(futures):
                self.write(abort_frame(0, '', TAINTED))

        self.loop.call_later(_THREAD_GRACE, look)

    async def close(self) -> None:
        """Sends what is queued and says goodbye; returns when the front has read all and closed."""
        self.flush()
        if self._transport is not None:
            self._transport.write_eof()
        await self._closed

    def _flush_turn(self) -> None:
        self.flush_scheduled = False
        self.flush()
        if self.held.begun:
            self.held.keep()

    def _frame(self, kind: int, flags: int, number: int, data: bytes, start: int, end: int) -> None:
        if kind == REQUEST:
            body_start = head_end(data, start, end)
            head = data[start + 4 : body_start]
            if flags & WEBSOCKET:
                scope = websocket_scope(head, self._root_path, self._state)
                self._start(number, WebSocket(self, number, tuple(scope['subprotocols'])), scope)
            else:
                scope = http_scope(head, self._root_path, self._state)
                body = data[body_start:end]
                incoming = None if flags & END else IncomingBody(bool(flags & HOLD), body)
                self._start(number, Request(self, number, scope['method'] == 'HEAD', body, incoming), scope)
            return
        stream = self._streams.get(number)
        if kind == WS_MESSAGE:
            if isinstance(stream, WebSocket):
                stream.message_came(flags, data[start:end])
        elif kind == BODY:
            if isinstance(stream, (Request, WebSocket)):
                stream.body_came(data[start:end], bool(flags & END))
        elif kind == WINDOW:
            credit = u32(data, start, end)
            if stream:
                stream.credit_came(credit)
        elif kind == CANCEL:
            if stream:
                cause = data[start:end]
                if cause == _DEADLINE:
                    stream.deadline_passed()
                elif cause != _TAKEN_BACK:  # the app has been called
                    stream.client_left()
        elif kind == WS_CLOSE:
            code, reason = close_of(data, start, end)
            if isinstance(stream, WebSocket):
                stream.close_came(code, reason, bool(flags & END))
        elif kind == DRAIN:
            self._is_over = True
            self._fronts.drain_came()
        elif kind == PING:
            self.write(PONG_FRAME)
        elif kind == CONNECT:
            self._fronts.connect_came(os.fsdecode(data[start:end]))
        else:
            raise FrameError(f'Cannot take a frame of kind {kind} from a front')

    def _start(self, number: int, stream: Stream, scope: Scope) -> None:
        self._streams[number] = stream
        if _HAS_EAGER_START:
            stream.task = asyncio.Task(stream.run(self._app, scope), loop=self.loop, eager_start=True)  # type: ignore[call-arg]
        else:
            # With a name of its own a task need not make one up, which takes as long as parsing the request's frame.
            stream.task = asyncio.Task(stream.run(self._app, scope), loop=self.loop, name=_TASK_NAME)
