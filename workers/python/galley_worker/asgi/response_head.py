"""The head of an ASGI response."""

from __future__ import annotations

from typing import Any, Dict, Tuple

from ..response_head import check_head

NO_LENGTH = -1

ResponseHead = Tuple[int, bytes, int]
"""The status, the head as in frame.md but without a reason, and the declared content length or NO_LENGTH."""


def response_head(message: Dict[str, Any]) -> ResponseHead:
    """Checks and encodes a `http.response.start`. Raises ValueError or TypeError for a head that HTTP does not allow."""
    status = message['status']
    if not 200 <= status <= 599:
        raise ValueError(f'Cannot send status {status}: a response has 200 to 599')
    parts = [b'']
    length = NO_LENGTH
    for name, value in message.get('headers') or ():
        if len(name) == 14 and name.lower() == b'content-length':
            if status == 204:  # RFC 9110 §8.6: never with 204
                continue
            if not value.isdigit():
                raise ValueError(f'Cannot send Content-Length {value!r}: it is no number')
            length = int(value)
        parts += (name, value)
    parts.append(b'')
    block = b'\n'.join(parts)
    check_head(block, len(parts))
    return int(status), block, length
