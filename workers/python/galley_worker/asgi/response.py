"""What an ASGI app sends as the answer to a request."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, List, Optional

from ..disconnect import ClientDisconnected
from ..frames import BODY, END, FRAME_CREDIT, INFORM, MAX_BODY, RESPONSE, TRAILERS, file_frame, pack_header, pack_response
from ..response_head import marshal_headers
from .response_head import NO_LENGTH, ResponseHead, response_head
from .sent_file import CAN_SEND_OPEN_FILES, SentFile, blocks_of, file_of_path, open_file_of
from .stream import COMPLETE, Message, Stream

if TYPE_CHECKING:
    from .connection import FrontConnection

# Where a response is: nothing yet, the head held back, the head sent alone, some of the body sent, a file sent that is not open yet,
# trailers to come.
_WAITING, _HELD, _BEGUN, _SENDING, _OPENING, _TRAILING = range(6)


class Response(Stream):
    """`send` of a request, and what was sent so far (www.rst "HTTP", extensions.rst)."""

    __slots__ = ('_is_bodiless', 'head', '_left', '_trailers')

    def __init__(self, connection: FrontConnection, stream: int, is_head: bool) -> None:
        Stream.__init__(self, connection, stream)
        self._is_bodiless = is_head
        self.head: Optional[ResponseHead] = None
        """That which is held back."""
        self._left = NO_LENGTH
        self._trailers: Optional[List[Any]] = None

    async def send(self, message: Message) -> None:
        if self._gone:
            raise ClientDisconnected
        kind = message['type']
        phase = self._phase
        if kind == 'http.response.body':
            if not _HELD <= phase <= _SENDING:
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
                if self._is_bodiless:
                    await asyncio.sleep(0)  # no credit ends here, at which an endless answer would let others run
        elif kind == 'http.response.start':
            if phase != _WAITING:
                raise RuntimeError(f'Cannot send {kind}: {_reasons[phase]}')
            self.head = status, _, length = response_head(message)
            self._phase = _HELD
            if status == 204 or status == 304:
                self._is_bodiless = True
            if not self._is_bodiless:
                self._left = length
            if message.get('trailers', False):
                self._trailers = []
            connection = self._connection
            connection.held.begun.append(self)
            if not connection.flush_scheduled:
                connection.schedule_flush()
        elif kind == 'http.response.pathsend':
            if phase != _HELD and phase != _BEGUN:
                raise RuntimeError(f'Cannot send {kind}: {_reasons[phase]}')
            await self._send_path(message['path'])
        elif kind == 'http.response.zerocopysend' and CAN_SEND_OPEN_FILES:
            if not _HELD <= phase <= _SENDING:
                raise RuntimeError(f'Cannot send {kind}: {_reasons[phase]}')
            await self._send_file(open_file_of(message), not message.get('more_body', False))
        elif kind == 'http.response.trailers':
            if phase != _TRAILING:
                raise RuntimeError(f'Cannot send {kind}: {_not_yet if self._trailers is not None else _no_trailers}')
            self._take_trailers(message)
        elif kind == 'http.response.early_hint':
            if phase == COMPLETE:
                raise RuntimeError(f'Cannot send {kind}: {_reasons[phase]}')
            if phase == _WAITING or phase == _HELD:  # behind the head it would be no hint any more
                self._send_hint(message)
        else:
            raise RuntimeError(f'Cannot send a message of type {kind!r}')

    @property
    def is_complete(self) -> bool:
        """Whether all of it is sent."""
        return self._phase == COMPLETE

    def release(self) -> None:
        """Sends the head alone: the client may be waiting for it, as one of an event stream is."""
        if self._phase == _HELD and not self._gone:
            self._emit(b'', False)
            self._phase = _BEGUN

    def credit_came(self, credit: int) -> None:
        """A WINDOW frame came."""
        if credit == FRAME_CREDIT and self._phase == _OPENING:  # that of body bytes comes in larger sums
            self._phase = _SENDING
        Stream.credit_came(self, credit)

    def _unfinished(self) -> str:
        return 'The app returned without a complete response'

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
        head = self.head
        if not end:
            phase = _SENDING
        elif self._trailers is None:
            phase = COMPLETE
        else:
            end = False
            phase = _TRAILING
        if head is not None:
            self.head = None
            status, block, _ = head
            length = len(block) + 1
            frame = pack_response(6 + length + size, RESPONSE, END if end else 0, 0, self._stream, length, status, 0)
            out += (frame, block, body)
        elif size or end:
            out += (pack_header(size, BODY, END if end else 0, 0, self._stream), body)
        self._phase = phase
        if self._waiters:
            self._wake()
        if not connection.flush_scheduled:
            connection.schedule_flush()

    async def _send_pieces(self, body: bytes, end: bool) -> None:
        at = 0
        try:
            while True:
                while (body and self._credit == 0) or self._connection.is_paused:
                    await self._writable()
                piece = body[at : at + min(self._credit, MAX_BODY)]
                at += len(piece)
                self._emit(piece, end and at == len(body))
                if at == len(body):
                    return
        except asyncio.CancelledError:
            if at and not self._gone:
                self._abort('The app cancelled a send when a part of the body was sent')
            raise

    async def _send_path(self, path: Any) -> None:
        """Sends a file, as far as it was declared: it may have grown since."""
        limit = None if self._left == NO_LENGTH else self._left
        file = file_of_path(path)
        if file is None:
            for block, is_last in blocks_of(path, 0 if self._is_bodiless else limit):
                await self.send({'type': 'http.response.body', 'body': block, 'more_body': not is_last})
        else:
            await self._send_file(file if limit is None else file._replace(length=min(file.length, limit)), True)

    async def _send_file(self, file: SentFile, end: bool) -> None:
        """Returns when the front has the file open, so that the app may close its own."""
        path, offset, length = file
        frame = file_frame(self._stream, path, offset, length)
        if self._left != NO_LENGTH:
            self._count(length, end)
        if length and not self._is_bodiless:
            while self._credit < FRAME_CREDIT or self._connection.is_paused:
                await self._writable()
            self._emit(b'', False)
            self._credit -= FRAME_CREDIT
            self._phase = _OPENING
            self._connection.out.append(frame)
            while self._phase == _OPENING:
                await self._writable()
        self._emit(b'', end)
        if not end:
            self._connection.flush()

    def _take_trailers(self, message: Message) -> None:
        trailers = self._trailers
        assert trailers is not None
        trailers += message.get('headers') or ()
        if message.get('more_trailers', False):
            return
        if self._is_bodiless:
            self._trailers = None
            self._emit(b'', True)
            return
        block = marshal_headers(trailers)
        self._trailers = None
        self._connection.write(pack_header(len(block), TRAILERS, END, 0, self._stream) + block)
        self._phase = COMPLETE
        self._wake()

    def _send_hint(self, message: Message) -> None:
        """103 with one `link` each (RFC 8297)."""
        block = marshal_headers([(b'link', link) for link in message['links']])
        length = len(block) + 1
        self._connection.write(pack_response(6 + length, INFORM, 0, 0, self._stream, length, 103, 0) + block)
        self._connection.flush()


_reasons = {
    _WAITING: 'http.response.start was not sent',
    _HELD: 'http.response.start was sent already',
    _BEGUN: 'http.response.start was sent already',
    _SENDING: 'a part of the response was sent already',
    _OPENING: 'a file is being sent',
    _TRAILING: 'the body is complete, trailers are to follow',
    COMPLETE: 'the response is complete',
}
_not_yet = 'the body is not complete'
_no_trailers = 'http.response.start had no "trailers": True'
