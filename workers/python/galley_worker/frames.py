"""The frames of the worker protocol (frame.md): constants, encoding, decoding. No input or output happens here."""

from __future__ import annotations

import marshal
import os
import struct
from typing import Callable, List, Tuple

PROTOCOL_VERSION = 2

REQUEST = 1
BODY = 2
CANCEL = 3
WINDOW = 4
DRAIN = 5
WS_MESSAGE = 6
WS_CLOSE = 7
CONNECT = 8
PING = 9
HELLO = 16
RESPONSE = 17
INFORM = 18
TRAILERS = 19
ABORT = 20
RETURNED = 21
WS_ACCEPT = 22
FILE = 23
PONG = 24

DEADLINE = 2
"""A CANCEL with this reason also interrupts the app."""
TAKEN_BACK = 4
"""A CANCEL with this reason asks for a request that the app has not been called for."""

END = 1
HOLD = 2
TEXT = 4
MORE = 8
WEBSOCKET = 16
TAINTED = 32

MAX_PAYLOAD = 1024 * 1024
MAX_BODY = 64 * 1024
"""The longest piece of a body in one frame, in bytes."""
INITIAL_WINDOW = 256 * 1024
"""What each direction of a stream may send before the receiver gives credit, in bytes."""
FRAME_CREDIT = 64
"""What a WS_MESSAGE or a FILE uses of the credit beyond its bytes."""
MAX_ABORT_TEXT = 64 * 1024

pack_header = struct.Struct('<IBBHI').pack
"""length, kind, flags, 0, stream"""
pack_response = struct.Struct('<IBBHIIHB').pack
"""length (6 + head + body), RESPONSE, flags, 0, stream, length of the head, status, length of the reason"""
pack_u32 = struct.Struct('<I').pack
unpack_u32 = struct.Struct('<I').unpack_from

PONG_FRAME = pack_header(0, PONG, 0, 0, 0)

_pack_part = struct.Struct('<QQ').pack
_pack_u16 = struct.Struct('<H').pack
_unpack_u16 = struct.Struct('<H').unpack_from
_unpack_header = struct.Struct('<IBBHI').unpack_from
_HEADER_SIZE = 12
_KINDS = frozenset((
    REQUEST, BODY, CANCEL, WINDOW, DRAIN, WS_MESSAGE, WS_CLOSE, CONNECT, PING,
    HELLO, RESPONSE, INFORM, TRAILERS, ABORT, RETURNED, WS_ACCEPT, FILE, PONG,
))  # fmt: skip
_MAX_FLAGS = END | HOLD | TEXT | MORE | WEBSOCKET | TAINTED

FrameSink = Callable[[int, int, int, bytes, int, int], None]
"""Called with kind, flags, stream, bytes, start, end: the payload is `bytes[start:end]`."""


class FrameError(Exception):
    """Bytes that the worker protocol does not allow."""


class FrameDecoder:
    """Finds the frames in a connection's bytes. Raises FrameError for a broken one and refuses further use."""

    __slots__ = ('_sink', '_rest', '_dead')

    def __init__(self, sink: FrameSink) -> None:
        self._sink = sink
        self._rest = b''
        self._dead = False

    def receive(self, chunk: bytes) -> None:
        """Gives every frame that `chunk` completes to the sink, whose FrameError counts as a broken frame too."""
        if self._dead:
            raise FrameError('Cannot read frames after a broken one')
        data = self._rest + chunk if self._rest else chunk
        sink = self._sink
        size = len(data)
        at = 0
        try:
            while size - at >= _HEADER_SIZE:
                length, kind, flags, zero, stream = _unpack_header(data, at)
                if length > MAX_PAYLOAD or zero or flags > _MAX_FLAGS or kind not in _KINDS:
                    raise FrameError(f'Cannot read a frame of kind {kind}, flags {flags}/{zero}, {length} bytes')
                start = at + _HEADER_SIZE
                end = start + length
                if end > size:
                    break
                sink(kind, flags, stream, data, start, end)
                at = end
        except FrameError:
            self._dead = True
            raise
        self._rest = data[at:]

    def end(self) -> None:
        """The peer closed its side. Raises FrameError inside a frame."""
        if self._rest and not self._dead:
            self._dead = True
            raise FrameError('The connection ended inside a frame')
        self._dead = True


def body_frame(stream: int, body: bytes, end: bool) -> bytes:
    """A BODY of at most MAX_BODY bytes."""
    return pack_header(len(body), BODY, END if end else 0, 0, stream) + body


def window_frame(stream: int, credit: int) -> bytes:
    """A WINDOW that gives `credit` bytes."""
    return pack_header(4, WINDOW, 0, 0, stream) + pack_u32(credit)


def abort_frame(stream: int, text: str, flags: int = 0) -> bytes:
    """An ABORT. Of a text that is too long the end is kept, where a traceback names its exception."""
    data = text.encode('utf-8', 'backslashreplace')[-MAX_ABORT_TEXT:]
    return pack_header(len(data), ABORT, flags, 0, stream) + data


def close_frame(stream: int, code: int, reason: bytes) -> bytes:
    """A WS_CLOSE; `reason` is UTF-8 of at most 123 bytes."""
    return pack_header(2 + len(reason), WS_CLOSE, 0, 0, stream) + _pack_u16(code) + reason


def close_of(data: bytes, start: int, end: int) -> Tuple[int, str]:
    """The code and the reason of a WS_CLOSE. Raises FrameError."""
    if end - start < 2:
        raise FrameError('Cannot read a WS_CLOSE without a code')
    code: int = _unpack_u16(data, start)[0]
    return code, data[start + 2 : end].decode('utf-8', 'replace')


def head_end(data: bytes, start: int, end: int) -> int:
    """Where the head of the REQUEST in `data[start:end]` ends; it begins at `start + 4`. Raises FrameError."""
    if end - start >= 4:
        at: int = start + 4 + unpack_u32(data, start)[0]
        if at <= end:
            return at
    raise FrameError('Cannot read a request: its head does not fit the frame')


RequestHead = Tuple[bytes, str, str, str, bytes, bytes, List[Tuple[bytes, bytes]]]
"""connection, method, version, path without dot segments, path as received, query, headers (frame.md, "Heads")"""


def load_head(data: bytes) -> RequestHead:
    """The head of a REQUEST. It comes from the front, which marshal must be able to trust. Raises FrameError."""
    try:
        head = marshal.loads(data)
    except (ValueError, EOFError, TypeError):
        raise FrameError('Cannot read a request head: it is no marshalled value') from None
    if type(head) is not tuple or len(head) != 7:
        raise FrameError('Cannot read a request head: it is no tuple of seven')
    return head


def u32(data: bytes, start: int, end: int) -> int:
    """The number that is the whole payload of a WINDOW. Raises FrameError."""
    if end - start != 4:
        raise FrameError(f'Cannot read a WINDOW of {end - start} bytes')
    value: int = unpack_u32(data, start)[0]
    return value


def file_frame(stream: int, path: str, offset: int, length: int) -> bytes:
    """A FILE: `length` bytes from `offset` on of the file with this absolute path, as `os.fsdecode` gives it. It uses FRAME_CREDIT."""
    name = os.fsencode(path)
    return pack_header(16 + len(name), FILE, 0, 0, stream) + _pack_part(offset, length) + name
