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
    fields = [b'']
    length = NO_LENGTH
    for header in message.get('headers') or ():
        fields += header
        # Names are lower-case (www.rst); for an app that does not keep to it the front counts.
        if header[0] == b'content-length':
            if not header[1].isdigit():
                raise ValueError(f'Cannot send Content-Length {header[1]!r}: it is no number')
            length = int(header[1])
    fields.append(b'')
    if len(fields) & 1:
        raise ValueError('Cannot send a header that is not one name and one value')
    block = b'\n'.join(fields)
    check_head(block, len(fields))
    return int(status), block, length
