"""One response of a WSGI app."""

from __future__ import annotations

from typing import Any, Callable, Iterable, List, Optional, Tuple

from ..disconnect import ClientDisconnected, is_disconnect
from ..frames import BODY, END, MAX_BODY, RESPONSE, TAINTED, abort_frame, file_frame, pack_header, pack_response
from ..timeouts import TIMED_OUT, Interruption, RequestTimeout
from ..tracebacks import format_exception
from .environ import Environ
from .file_wrapper import FilePart, FileWrapper
from .response_head import NO_LENGTH, ResponseHead, response_head, with_length
from .stream import Stream

_SMALL = 16 * 1024
"""Whole answers below this size, in bytes, may be sent together with others."""

Write = Callable[[bytes], None]
App = Callable[[Environ, Callable[..., Write]], Iterable[bytes]]


class Response:
    """`start_response` and `write` of one request, and what was sent so far."""

    __slots__ = ('_stream', '_is_bodiless', '_head', '_is_head_sent', '_left', '_has_ended', '_is_cut', '_may_gather', '_interruption')

    def __init__(self, stream: Stream, is_head: bool) -> None:
        self._stream = stream
        self._is_bodiless = is_head
        self._head: Optional[ResponseHead] = None
        self._is_head_sent = False
        self._left = NO_LENGTH
        self._has_ended = False
        self._is_cut = False
        # Nothing of the app runs behind a frame that could hold it up: no rest of an iterable, no `close`.
        self._may_gather = False
        self._interruption = Interruption()

    def run(self, app: App, environ: Environ) -> None:
        """Calls the app and ends the stream, whatever the app does."""
        failure = ''
        interruption = self._interruption
        try:
            self._stream.interruption = interruption
            try:
                self._call(app, environ)
            except BaseException as error:
                failure = self._failure(error)
            if interruption.is_raised or not self._has_ended:  # none comes behind the last frame
                interruption.end()
        except RequestTimeout as error:  # it arrived outside the app; it comes once
            interruption.end()
            if not (failure or self._has_ended):
                failure = self._failure(error)
        if self._is_cut and not failure:
            failure = 'The app gave more body than the Content-Length it declared; the rest was not sent'
        if failure or not self._has_ended:
            self._stream.connection.send(abort_frame(self._stream.id, failure, TAINTED if interruption.is_raised else 0))

    def _call(self, app: App, environ: Environ) -> None:
        blocks = app(environ, self.start_response)
        try:
            self._send_blocks(blocks)
        finally:
            close = getattr(blocks, 'close', None)
            if close is not None:
                close()

    def _failure(self, error: BaseException) -> str:
        """What is to be logged of an exception, or nothing."""
        if self._stream.is_gone and is_disconnect(error):
            return ''
        text = format_exception(error)
        return f'{TIMED_OUT}\n{text}' if self._interruption.is_raised else text

    def start_response(
        self, status: str, headers: List[Tuple[str, str]], exc_info: Optional[Tuple[Any, Any, Any]] = None
    ) -> Write:
        """Keeps the head until the first bytes of the body (PEP 3333, "The start_response() Callable")."""
        if exc_info is not None:
            try:
                if not (isinstance(exc_info, tuple) and len(exc_info) == 3):
                    raise ValueError('exc_info must be a tuple of three, as sys.exc_info() gives')
                if self._is_head_sent:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # its traceback holds this frame
        elif self._head is not None:
            raise AssertionError('start_response was called already, and this call has no exc_info')
        self._head = response_head(status, headers)
        return self.write

    def write(self, data: bytes) -> None:
        """
        Sends bytes at once; the first call sends the head even where there are none. Raises ClientDisconnected, and ValueError
        past the declared Content-Length.
        """
        if not (data or self._is_head_sent):
            self._take_head()
            self._emit(b'', self._is_bodiless or self._left == 0)
        self._send(data, False)
        if self._is_cut:
            raise ValueError('Cannot write more than the declared Content-Length')

    def _send_blocks(self, blocks: Iterable[bytes]) -> None:
        if type(blocks) in (list, tuple) and len(blocks) == 1:  # type: ignore[arg-type]
            self._may_gather = True
            self._send(blocks[0], True)  # type: ignore[index]
            return
        if type(blocks) is FileWrapper:
            self._send_file(blocks)
            return
        for block in blocks:
            self._send(block, False)
            if self._has_ended and (self._is_cut or self._is_bodiless):
                return
        if not self._has_ended:
            self._send(b'', True)

    def _send_file(self, wrapper: FileWrapper) -> None:
        """Sends a file up to its end or to the declared Content-Length."""
        part = wrapper.part()
        if not self._is_head_sent:
            if part and self._head:
                self._head = with_length(self._head, part.length)
            self._take_head()
        if part and not self._is_bodiless and self._left:
            self._send_part(wrapper, part)
        while not self._has_ended:
            is_complete = self._is_bodiless or self._left == 0
            block = b'' if is_complete else next(wrapper, b'')
            self._send(block if self._left == NO_LENGTH else block[: self._left], not block)

    def _send_part(self, wrapper: FileWrapper, part: FilePart) -> None:
        """Has the front send bytes of a file, where there are enough of them."""
        length = part.length
        if self._left != NO_LENGTH:
            if length < self._left:
                raise _too_short(self._left - length)
            length = self._left
        if length <= MAX_BODY:  # one frame with the bytes costs a fraction of one that has the front open a file
            self._send(wrapper.read(length), True)
            return
        if not self._is_head_sent:
            self._may_gather = True
            self._emit(b'', False)
        stream = self._stream
        stream.send_file(file_frame(stream.id, part.path, part.offset, length))
        self._emit(b'', True)

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
                raise _too_short(self._left)
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
        interruption = self._interruption
        with interruption.shield:
            if interruption.is_raised:
                interruption.check()
            if self._is_head_sent:
                stream.connection.send(pack_header(size, BODY, flags, 0, stream.id) + piece)
            else:
                assert self._head
                status, reason, fields, _ = self._head
                head = reason + fields
                length = 1 + len(head)
                start = pack_response(6 + length + size, RESPONSE, flags, 0, stream.id, length, status, len(reason))
                self._is_head_sent = True
                if self._may_gather and size < _SMALL:
                    stream.connection.send_soon(start + head + piece)
                else:
                    stream.connection.send(start + head + piece)
            self._has_ended = is_last
            if is_last:
                interruption.stop()


def _too_short(missing: int) -> ValueError:
    return ValueError(f'The app ended its response {missing} bytes before the Content-Length it declared')
