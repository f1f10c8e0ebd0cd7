"""What an ASGI app sends on a WebSocket, as frames have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List, Sequence, Tuple

from ..frames import TEXT, WS_ACCEPT, pack_response
from ..response_head import marshal_headers

if TYPE_CHECKING:
    from .stream import Message

_NORMAL = 1000
_MAX_REASON = 123
_MAX_SUBPROTOCOL = 255


def accept_frame(stream: int, message: Message, offered: Sequence[str]) -> bytes:
    """The WS_ACCEPT for a `websocket.accept`. Raises ValueError for a subprotocol that is not among those `offered`."""
    subprotocol = message.get('subprotocol') or ''
    if subprotocol and subprotocol not in offered:
        raise ValueError(f'Cannot accept subprotocol {subprotocol!r}: the client does not offer it')
    headers: List[Any] = list(message.get('headers') or ())
    if any(header[0].lower() == b'sec-websocket-protocol' for header in headers):
        raise ValueError('Cannot accept with a header sec-websocket-protocol: "subprotocol" is for that')
    name = subprotocol.encode('latin-1')
    if len(name) > _MAX_SUBPROTOCOL:
        raise ValueError(f'Cannot accept a subprotocol of more than {_MAX_SUBPROTOCOL} bytes')
    block = marshal_headers(headers)
    length = 1 + len(name) + len(block)
    return pack_response(6 + length, WS_ACCEPT, 0, 0, stream, length, 101, len(name)) + name + block


def payload_of(message: Message) -> Tuple[bytes, int]:
    """The bytes and the flags of a `websocket.send`. Raises ValueError, or TypeError for data that is not bytes."""
    text = message.get('text')
    data = message.get('bytes')
    if text is None:
        if data is None:
            raise ValueError('Cannot send a message with neither "text" nor "bytes"')
        return (data if type(data) is bytes else bytes(memoryview(data))), 0
    if data is not None:
        raise ValueError('Cannot send a message with both "text" and "bytes"')
    return text.encode(), TEXT


def closing_of(message: Message) -> Tuple[int, str]:
    """The code and the reason of a `websocket.close`. Raises ValueError for what cannot be sent (RFC 6455 §5.5, §7.4)."""
    code = message.get('code')
    reason: str = message.get('reason') or ''
    if code is None:
        code = _NORMAL
    if not (3000 <= code <= 4999 or (1000 <= code <= 1014 and code not in (1004, 1005, 1006))):
        raise ValueError(f'Cannot close a WebSocket with code {code}')
    if len(reason.encode()) > _MAX_REASON:
        raise ValueError(f'Cannot close a WebSocket with a reason of more than {_MAX_REASON} bytes')
    return int(code), reason
