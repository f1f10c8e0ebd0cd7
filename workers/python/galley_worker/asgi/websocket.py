"""One WebSocket to an ASGI app."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Optional, Tuple

from ..disconnect import ClientDisconnected, is_disconnect
from ..frames import BODY, END, FRAME_CREDIT, MAX_BODY, MORE, WS_MESSAGE, close_frame, pack_header
from .incoming_messages import IncomingMessages
from .request import Request
from .stream import COMPLETE, Message, Stream
from .websocket_messages import accept_frame, closing_of, payload_of

if TYPE_CHECKING:
    from .connection import FrontConnection

# Where a WebSocket is: the app was not heard, it answers as to any request, it has accepted.
_CONNECTING, _DENYING, _OPEN = range(3)

_NORMAL = 1000
_LOST = 1006
_FAILED = 1011


class WebSocket(Stream):
    """`receive` and `send` of one WebSocket, and what came and was sent so far (www.rst "WebSocket")."""

    __slots__ = ('_offered', '_incoming', '_is_sending', '_is_within', '_denial', '_code', '_reason')

    def __init__(self, connection: FrontConnection, stream: int, offered: Tuple[str, ...]) -> None:
        """`offered` are the client's subprotocols."""
        Stream.__init__(self, connection, stream)
        self._offered = offered
        self._incoming = IncomingMessages()
        self._is_sending = False
        """A message is being sent in pieces."""
        self._is_within = False
        """Some of them were sent, and not all."""
        self._denial: Optional[Request] = None
        self._code = _LOST
        self._reason = ''

    async def receive(self) -> Message:
        """`websocket.connect`, the messages, and then `websocket.disconnect` again and again."""
        incoming = self._incoming
        while not incoming.ready:
            if incoming.has_ended:
                return {'type': 'websocket.disconnect', 'code': self._code, 'reason': self._reason}
            await self._change()
        message, credit = incoming.take()
        if credit:
            self._give(credit)
        return message

    async def send(self, message: Message) -> None:
        if self._gone:
            raise ClientDisconnected
        kind = message['type']
        phase = self._phase
        if phase == _OPEN:
            if kind == 'websocket.send':
                payload, flags = payload_of(message)
                size = len(payload) + FRAME_CREDIT
                if size > self._credit or size > MAX_BODY or self._is_sending or self._connection.is_paused:
                    await self._send_pieces(payload, flags)
                else:
                    self._emit(payload, flags)
            elif kind == 'websocket.close':
                await self._close(message)
            else:
                raise RuntimeError(f'Cannot send {kind}: the WebSocket is open')
        elif phase == _CONNECTING and kind == 'websocket.accept':
            self._connection.write(accept_frame(self._stream, message, self._offered))
            self._phase = _OPEN
        elif phase == _CONNECTING and kind == 'websocket.close':
            await self._deny({'type': 'http.response.start', 'status': 403})
            await self._deny({'type': 'http.response.body'})
        elif kind in ('websocket.http.response.start', 'websocket.http.response.body'):
            await self._deny({**message, 'type': kind[len('websocket.') :]})
        else:
            raise RuntimeError(f'Cannot send {kind}: {_reasons[phase]}')

    def message_came(self, flags: int, piece: bytes) -> None:
        """A WS_MESSAGE frame came. Raises FrameError."""
        if not self._incoming.has_ended:
            self._give(self._incoming.push(flags, piece))
            if self._waiters:
                self._wake()
                self._connection.has_woken = True

    def close_came(self, code: int, reason: str, is_last: bool) -> None:
        """A WS_CLOSE frame came. Unless it `is_last`, messages that came before it follow."""
        if is_last:
            self._incoming.end()
        if not self._gone:
            self._code = code
            self._reason = reason
            Stream.client_left(self)

    def body_came(self, piece: bytes, end: bool) -> None:
        """A BODY frame came: the end behind the messages that followed a WS_CLOSE."""
        if end:
            self._incoming.end()
            self._wake()

    def credit_came(self, credit: int) -> None:
        """A WINDOW frame came."""
        Stream.credit_came(self, credit)
        if self._denial:
            self._denial.credit_came(credit)

    def client_left(self) -> None:
        """The WebSocket is closed, or the client left before it was open."""
        self._incoming.end()
        Stream.client_left(self)
        if self._denial:
            self._denial.client_left()

    def _unfinished(self) -> str:
        if self._phase != _OPEN:
            return f'The app returned, but {_reasons[self._phase]}'
        return 'The app returned when a part of a message was sent' if self._is_within else ''

    def _is_disconnect(self, error: BaseException) -> bool:
        """Frameworks make an exception with the code of a `websocket.disconnect`, which is nothing to log where it gets here."""
        grouped = getattr(error, 'exceptions', None)
        if isinstance(grouped, tuple) and grouped:
            return all(self._is_disconnect(each) for each in grouped)
        return is_disconnect(error) or getattr(error, 'code', None) == self._code

    def _end(self, failure: str) -> None:
        if not self._gone:
            self._code = _FAILED if failure else _NORMAL
        self._incoming.discard()
        self.client_left()
        if failure or self._phase != _OPEN:
            Stream._end(self, failure)
        else:
            self._connection.write(pack_header(0, BODY, END, 0, self._stream))

    async def _deny(self, message: Message) -> None:
        """Answers as to any request (extensions.rst "Websocket Denial Response")."""
        if self._denial is None:
            self._denial = Request(self._connection, self._stream, False, b'', None)
        try:
            await self._denial.send(message)
            self._phase = _DENYING
        finally:
            if self._denial.is_complete:
                self._phase = COMPLETE
                self.client_left()

    async def _close(self, message: Message) -> None:
        code, reason = closing_of(message)
        while self._is_sending:
            await self._turn()
        self._connection.write(close_frame(self._stream, code, reason.encode()))
        self._code = code
        self._reason = reason
        self._incoming.discard()
        self.client_left()

    def _emit(self, piece: bytes, flags: int) -> None:
        """Queues a piece that fits a frame and the credit."""
        size = len(piece)
        self._credit -= size + FRAME_CREDIT
        connection = self._connection
        connection.out += (pack_header(size, WS_MESSAGE, flags, 0, self._stream), piece)
        if not connection.flush_scheduled:
            connection.schedule_flush()

    async def _send_pieces(self, payload: bytes, flags: int) -> None:
        """Sends a message as credit comes. Those of other tasks wait, since nobody could tell its pieces from theirs."""
        while self._is_sending:
            await self._turn()
        self._is_sending = True
        at = 0
        try:
            while True:
                while self._connection.is_paused or self._credit < FRAME_CREDIT + min(len(payload) - at, 1):
                    await self._writable()
                piece = payload[at : at + min(self._credit - FRAME_CREDIT, MAX_BODY)]
                at += len(piece)
                is_last = at == len(payload)
                self._emit(piece, flags if is_last else flags | MORE)
                if is_last:
                    return
                self._is_within = True
        except asyncio.CancelledError:
            if at and not self._gone:
                self._abort('The app cancelled a send when a part of the message was sent')
            raise
        finally:
            self._is_sending = self._is_within = False
            self._wake()

    async def _turn(self) -> None:
        """Waits for another task's message. Raises ClientDisconnected."""
        await self._change()
        if self._gone:
            raise ClientDisconnected


_reasons = {_CONNECTING: 'the WebSocket was neither accepted nor closed', _DENYING: 'the denial is not complete'}
