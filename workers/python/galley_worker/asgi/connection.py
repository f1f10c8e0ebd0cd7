"""One front's connection to an ASGI worker."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any, Dict, List, Optional, cast

from ..frames import BODY, CANCEL, DRAIN, END, HOLD, REQUEST, TAKEN_BACK, WINDOW, FrameDecoder, FrameError, head_end, u32
from .incoming_body import IncomingBody
from .request import App, Request
from .scope import Scope, http_scope

_TASK_NAME = 'galley-request'
_TAKEN_BACK = bytes([TAKEN_BACK])
_HAS_EAGER_START = sys.version_info >= (3, 12)


class FrontConnection(asyncio.Protocol):
    """Starts a task for every REQUEST and gathers what they send: one write for each turn of the event loop."""

    def __init__(
        self,
        app: App,
        root_path: str,
        state: Optional[Dict[str, Any]],
        hello: bytes,
    ) -> None:
        """`hello` is the first frame."""
        self._app = app
        self._root_path = root_path
        self._state = state
        self._loop = asyncio.get_running_loop()
        self.drained: asyncio.Future[None] = self._loop.create_future()
        """Done when the front has sent DRAIN and no request is left."""
        self._closed: asyncio.Future[None] = self._loop.create_future()
        self._transport: Optional[asyncio.Transport] = None
        self._requests: Dict[int, Request] = {}
        self._decoder = FrameDecoder(self._frame)
        self._is_draining = False
        self.flush_scheduled = False
        self.is_paused = False
        self.is_ending = False
        """The worker ends; tasks are cancelled for that."""
        self.resumed = asyncio.Event()
        self.out: List[bytes] = [hello]
        """What is queued; whoever adds to it calls `schedule_flush`."""

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

    def connection_lost(self, exc: Optional[Exception]) -> None:
        if not self._is_draining:
            os._exit(1)
        self._transport = None
        for request in self._requests.values():
            request.client_left()
        self.resume_writing()
        self._closed.set_result(None)

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
            self._loop.call_soon(self._flush_turn)

    def flush(self) -> None:
        """Hands what is queued to the transport."""
        if self.out:
            if self._transport is not None:
                self._transport.write(b''.join(self.out))
            self.out.clear()

    def finished(self, stream: int) -> None:
        """The app has returned."""
        del self._requests[stream]
        if self._is_draining:
            self._check_done()

    async def close(self) -> None:
        """Sends what is queued and says goodbye; returns when the front has read all and closed."""
        self.flush()
        if self._transport is not None:
            self._transport.write_eof()
        await self._closed

    def _check_done(self) -> None:
        if self._is_draining and not self._requests and not self.drained.done():
            self.drained.set_result(None)

    def _flush_turn(self) -> None:
        self.flush_scheduled = False
        self.flush()

    def _frame(self, kind: int, flags: int, stream: int, data: bytes, start: int, end: int) -> None:
        if kind == REQUEST:
            body_start = head_end(data, start, end)
            scope = http_scope(data[start + 4 : body_start], self._root_path, self._state)
            self._start(stream, flags, scope, data[body_start:end])
            return
        request = self._requests.get(stream)
        if kind == BODY:
            if request:
                request.body_came(data[start:end], bool(flags & END))
        elif kind == WINDOW:
            credit = u32(data, start, end)
            if request:
                request.credit_came(credit)
        elif kind == CANCEL:
            if request and data[start:end] != _TAKEN_BACK:  # the app has been called
                request.client_left()
        elif kind == DRAIN:
            self._is_draining = True
            self._check_done()
        else:
            raise FrameError(f'Cannot take a frame of kind {kind} from a front')

    def _start(self, stream: int, flags: int, scope: Scope, body: bytes) -> None:
        if flags & END:
            request = Request(self, stream, scope['method'] == 'HEAD', body, None)
        else:
            request = Request(self, stream, scope['method'] == 'HEAD', None, IncomingBody(bool(flags & HOLD), body))
        self._requests[stream] = request
        if _HAS_EAGER_START:
            request.task = asyncio.Task(request.run(self._app, scope), loop=self._loop, eager_start=True)  # type: ignore[call-arg]
        else:
            # With a name of its own a task need not make one up, which takes as long as parsing the request's frame.
            request.task = asyncio.Task(request.run(self._app, scope), loop=self._loop, name=_TASK_NAME)
