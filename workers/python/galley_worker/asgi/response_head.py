"""The head of an ASGI response."""

from __future__ import annotations

from typing import Any, Dict, Tuple

from ..response_head import marshal_headers

NO_LENGTH = -1

ResponseHead = Tuple[int, bytes, int]
"""The status, the headers as in frame.md, and the declared content length or NO_LENGTH."""


def response_head(message: Dict[str, Any]) -> ResponseHead:
    """Encodes a `http.response.start`. Raises ValueError or TypeError for what is no head; the front checks what stands in it."""
    status = message['status']
    if not 200 <= status <= 599:
        raise ValueError(f'Cannot send status {status}: a response has 200 to 599')
    headers = message.get('headers') or ()
    if type(headers) is not list:
        headers = list(headers)
    length = NO_LENGTH
    for header in headers:
        name = header[0]
        if len(name) == 14 and name.lower() == b'content-length':  # not every app keeps to lower case (www.rst)
            if not header[1].isdigit():
                raise ValueError(f'Cannot send Content-Length {header[1]!r}: it is no number')
            length = int(header[1])
    return status, marshal_headers(headers), length
