"""One response of a WSGI app."""

from __future__ import annotations

from typing import Any, Callable, Iterable, List, Optional, Tuple

from ..disconnect import ClientDisconnected, is_disconnect
from ..frames import BODY, END, MAX_BODY, RESPONSE, abort_frame, pack_header, pack_response
from ..tracebacks import format_exception
from .environ import Environ
from .response_head import NO_LENGTH, ResponseHead, response_head
from .stream import Stream

_SMALL = 16 * 1024
"""Whole answers below this size, in bytes, may be sent together with others."""

Write = Callable[[bytes], None]
App = Callable[[Environ, Callable[..., Write]], Iterable[bytes]]


class Response:
    """`start_response` and `write` of one request, and what was sent so far."""

    __slots__ = ('_stream', '_is_bodiless', '_head', '_is_head_sent', '_left', '_has_ended', '_is_cut', '_may_gather')

    def __init__(self, stream: Stream, is_head: bool) -> None:
        self._stream = stream
        self._is_bodiless = is_head
        self._head: Optional[ResponseHead] = None
        self._is_head_sent = False
        self._left = NO_LENGTH
        self._has_ended = False
        self._is_cut = False
        # Nothing of the app runs behind the answer that could hold it up: no rest of an iterable, no `close`.
        self._may_gather = False

    def run(self, app: App, environ: Environ) -> None:
        """Calls the app and ends the stream, whatever the app does."""
        failure = ''
        try:
            blocks = app(environ, self.start_response)
            try:
                self._send_blocks(blocks)
            finally:
                close = getattr(blocks, 'close', None)
                if close is not None:
                    close()
        except BaseException as error:
            if not (self._stream.is_gone and is_disconnect(error)):
                failure = format_exception(error)
        if self._is_cut and not failure:
            failure = 'The app gave more body than the Content-Length it declared; the rest was not sent'
        if failure or not self._has_ended:
            self._stream.connection.send(abort_frame(self._stream.id, failure))

    def start_response(
        self, status: str, headers: List[Tuple[str, str]], exc_info: Optional[Tuple[Any, Any, Any]] = None
    ) -> Write:
        """Keeps the head until the first bytes of the body (PEP 3333, "The start_response() Callable")."""
        if exc_info is not None:
            try:
                _, error, trace = exc_info
                if self._is_head_sent:
                    raise error.with_traceback(trace)
            finally:
                exc_info = None
        elif self._head is not None:
            raise AssertionError('start_response was called already, and this call has no exc_info')
        self._head = response_head(status, headers)
        return self.write

    def write(self, data: bytes) -> None:
        """Sends bytes at once. Raises ClientDisconnected, and ValueError past the declared Content-Length."""
        self._send(data, False)
        if self._is_cut:
            raise ValueError('Cannot write more than the declared Content-Length')

    def _send_blocks(self, blocks: Iterable[bytes]) -> None:
        if type(blocks) in (list, tuple) and len(blocks) == 1:  # type: ignore[arg-type]
            self._may_gather = True
            self._send(blocks[0], True)  # type: ignore[index]
            return
        for block in blocks:
            self._send(block, False)
            if self._has_ended and (self._is_cut or self._is_bodiless):
                return
        if not self._has_ended:
            self._send(b'', True)

    def _send(self, block: bytes, is_last: bool) -> None:
        """Sends a block. The stream ends with the last one, or with the last byte that was declared."""
        if type(block) is not bytes:
            block = bytes(memoryview(block))
        if not (block or is_last):
            return
        if self._stream.is_gone:
            raise ClientDisconnected
        if not self._is_head_sent:
            self._take_head()
        if self._is_bodiless:
            block = b''
            is_last = True
        elif self._left != NO_LENGTH:
            if len(block) > self._left:
                self._is_cut = True
                block = block[: self._left]
            self._left -= len(block)
            if is_last and self._left:
                raise ValueError(f'The app ended its response {self._left} bytes before the Content-Length it declared')
            is_last = self._left == 0
        if self._has_ended:
            return
        size = len(block)
        at = 0
        while True:
            end = at + self._stream.spend(size - at) if size else 0
            self._emit(block[at:end], is_last and end == size)
            at = end
            if at == size:
                return

    def _take_head(self) -> None:
        if self._head is None:
            raise AssertionError('The app gave a response without a call of start_response')
        status, _, _, length = self._head
        if status == 204 or status == 304:
            self._is_bodiless = True
        if not self._is_bodiless:
            self._left = length

    def _emit(self, piece: bytes, is_last: bool) -> None:
        """Writes one frame, with the head in it if that was not sent."""
        size = len(piece)
        stream = self._stream
        flags = END if is_last else 0
        if self._is_head_sent:
            stream.connection.send(pack_header(size, BODY, flags, 0, stream.id) + piece)
        else:
            assert self._head
            status, reason, fields, _ = self._head
            head = reason + fields
            length = 1 + len(head)
            start = pack_response(6 + length + size, RESPONSE, flags, 0, stream.id, length, status, len(reason))
            self._is_head_sent = True
            if is_last and self._may_gather and size < _SMALL:
                stream.connection.send_soon(start + head + piece)
            else:
                stream.connection.send(start + head + piece)
        self._has_ended = is_last
