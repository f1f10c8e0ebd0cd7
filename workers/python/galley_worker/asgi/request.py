"""One HTTP request to an ASGI app."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Awaitable, Callable, Dict, Optional

from ..disconnect import ClientDisconnected, is_disconnect
from ..frames import BODY, END, INITIAL_WINDOW, MAX_BODY, RESPONSE, abort_frame, pack_header, pack_response, window_frame
from ..tracebacks import format_exception
from .incoming_body import IncomingBody
from .response_head import NO_LENGTH, ResponseHead, response_head
from .scope import Scope

if TYPE_CHECKING:
    from .connection import FrontConnection

Message = Dict[str, Any]
App = Callable[[Scope, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]

# Where a response is: nothing yet, the head held back, the head sent, all sent.
_WAITING, _HELD, _SENDING, _COMPLETE = range(4)


class Request:
    """`receive` and `send` of one request, and what was received and sent so far (asgi.rst, www.rst "HTTP")."""

    __slots__ = (
        '_connection', '_stream', '_is_bodiless', '_body', '_incoming', '_phase', '_head', '_left', '_credit', '_changed',
        '_gone', 'task',
    )  # fmt: skip

    def __init__(
        self,
        connection: FrontConnection,
        stream: int,
        is_head: bool,
        body: Optional[bytes],
        incoming: Optional[IncomingBody],
    ) -> None:
        """One of `body` and `incoming` is the request body: complete, or to come in pieces."""
        self._connection = connection
        self._stream = stream
        self._is_bodiless = is_head
        self._body = body
        self._incoming = incoming
        self._phase = _WAITING
        self._head: Optional[ResponseHead] = None
        self._left = NO_LENGTH
        self._credit = INITIAL_WINDOW
        self._changed: Optional[asyncio.Event] = None
        self._gone = False
        self.task: Optional[asyncio.Task[None]] = None

    async def run(self, app: App, scope: Scope) -> None:
        """Calls the app and ends the stream, whatever the app does."""
        failure = ''
        try:
            await app(scope, self.receive, self.send)
            if self._phase != _COMPLETE and not self._gone:
                failure = 'The app returned without a complete response'
        except asyncio.CancelledError as error:
            if not (self._gone or self._connection.is_ending):
                failure = format_exception(error)  # by the app itself
        except BaseException as error:
            if not (self._gone and is_disconnect(error)):
                failure = format_exception(error)
        if (failure or self._phase != _COMPLETE) and not self._connection.is_ending:
            self._connection.write(abort_frame(self._stream, failure))
        self._connection.finished(self._stream)

    async def receive(self) -> Message:
        """The next event: the body in one or more messages, then `http.disconnect` when there is one."""
        body = self._body
        if body is not None and not self._gone and self._phase != _COMPLETE:
            self._body = None
            return {'type': 'http.request', 'body': body, 'more_body': False}
        return await self._receive_late()

    async def send(self, message: Message) -> None:
        """Raises ClientDisconnected when nobody waits any more, RuntimeError for a message that must not come now."""
        if self._gone:
            raise ClientDisconnected
        kind = message['type']
        phase = self._phase
        if kind == 'http.response.body':
            if phase == _WAITING or phase == _COMPLETE:
                raise RuntimeError(f'Cannot send {kind}: {_reasons[phase]}')
            body = message.get('body', b'')
            end = not message.get('more_body', False)
            if type(body) is not bytes:
                body = bytes(memoryview(body))
            size = len(body)
            if self._left != NO_LENGTH:
                self._count(size, end)
            elif self._is_bodiless:
                body = b''
                size = 0
            if size > self._credit or size > MAX_BODY or self._connection.is_paused:
                await self._send_pieces(body, end)
            else:
                self._emit(body, end)
            if not end:
                self._connection.flush()
        elif kind == 'http.response.start':
            if phase != _WAITING:
                raise RuntimeError(f'Cannot send {kind}: {_reasons[phase]}')
            self._head = status, _, length = response_head(message)
            self._phase = _HELD
            if status == 204 or status == 304:
                self._is_bodiless = True
            if not self._is_bodiless:
                self._left = length
        else:
            raise RuntimeError(f'Cannot send a message of type {kind!r}')

    def body_came(self, piece: bytes, end: bool) -> None:
        """A BODY frame came."""
        if self._incoming and not self._gone:
            self._incoming.push(piece, end)
            self._wake()

    def credit_came(self, credit: int) -> None:
        """A WINDOW frame came."""
        self._credit += credit
        self._wake()

    def client_left(self) -> None:
        """A CANCEL frame came, or the connection is gone."""
        self._gone = True
        self._wake()

    async def _receive_late(self) -> Message:
        incoming = self._incoming
        while not self._gone and self._phase != _COMPLETE:
            if incoming and not incoming.is_taken:
                if incoming.is_ready:
                    body = incoming.take()
                    if not incoming.is_taken:
                        self._give(incoming.window.took(len(body)))
                    return {'type': 'http.request', 'body': body, 'more_body': not incoming.is_taken}
                self._give(incoming.window.asked())
            await self._change()
        return {'type': 'http.disconnect'}

    def _give(self, credit: int) -> None:
        if credit:
            self._connection.write(window_frame(self._stream, credit))

    def _count(self, size: int, end: bool) -> None:
        if size > self._left:
            raise RuntimeError('Cannot send more body than the declared Content-Length')
        if end and size < self._left:
            raise RuntimeError('Cannot end the body before the declared Content-Length')
        self._left -= size

    def _emit(self, body: bytes, end: bool) -> None:
        """Queues a piece that fits a frame and the credit, behind the head if that was held back."""
        size = len(body)
        self._credit -= size
        connection = self._connection
        out = connection.out
        head = self._head
        if head is not None:
            self._head = None
            status, block, _ = head
            length = len(block) + 1
            frame = pack_response(6 + length + size, RESPONSE, END if end else 0, 0, self._stream, length, status, 0)
            out += (frame, block, body)
        elif size or end:
            out += (pack_header(size, BODY, END if end else 0, 0, self._stream), body)
        self._phase = _COMPLETE if end else _SENDING
        if self._changed:
            self._wake()
        if not connection.flush_scheduled:
            connection.schedule_flush()

    async def _send_pieces(self, body: bytes, end: bool) -> None:
        at = 0
        while True:
            while (body and self._credit == 0) or self._connection.is_paused:
                self._connection.flush()
                if self._connection.is_paused:
                    await self._connection.resumed.wait()
                else:
                    await self._change()
                if self._gone:
                    raise ClientDisconnected
            piece = body[at : at + min(self._credit, MAX_BODY)]
            at += len(piece)
            self._emit(piece, end and at == len(body))
            if at == len(body):
                return

    async def _change(self) -> None:
        """Waits until something came or was sent."""
        if self._changed is None:
            self._changed = asyncio.Event()
        await self._changed.wait()

    def _wake(self) -> None:
        if self._changed:
            self._changed.set()
            self._changed.clear()


_reasons = {
    _WAITING: 'http.response.start was not sent',
    _HELD: 'http.response.start was sent already',
    _SENDING: 'http.response.start was sent already',
    _COMPLETE: 'the response is complete',
}
