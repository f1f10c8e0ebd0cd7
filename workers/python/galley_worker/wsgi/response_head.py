"""The head of a WSGI response (PEP 3333, "The start_response() Callable")."""

from __future__ import annotations

import marshal
import re
from functools import lru_cache
from typing import Dict, List, Optional, Tuple

from ..response_head import marshal_headers

NO_LENGTH = -1

_has_control = re.compile('[\x00-\x08\x0a-\x1f\x7f]').search
_is_token = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch

# RFC 2616 §13.5.1. PEP 3333 ("Other HTTP Features") forbids apps to send these; they are left out, since many do (`Connection:
# close`, or the headers of an answer that they pass on) and none of them means the app's own bytes.
_HOP_BY_HOP = frozenset((
    'connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailers', 'transfer-encoding', 'upgrade',
))  # fmt: skip

_MAX_KNOWN_NAMES = 1024


class _Names(Dict[str, Tuple[bytes, Optional[str]]]):
    """Every header name that was seen: encoded, and what is to be done about it."""

    def __missing__(self, name: str) -> Tuple[bytes, Optional[str]]:
        if not isinstance(name, str):
            raise TypeError(f'Cannot send a header with the name {name!r}: it is no string')
        if not _is_token(name):
            raise ValueError(f'Cannot send a header with the name {name!r}: HTTP does not allow it')
        lower = name.lower()
        kind = 'hop-by-hop' if lower in _HOP_BY_HOP else lower if lower == 'content-length' else None
        known = (name.encode('latin-1'), kind)
        if len(self) < _MAX_KNOWN_NAMES:
            self[name] = known
        return known


_names = _Names()

ResponseHead = Tuple[int, bytes, bytes, int]
"""The status, the reason, the headers as in frame.md, and the declared content length or NO_LENGTH."""


def response_head(status: str, headers: List[Tuple[str, str]]) -> ResponseHead:
    """Checks and encodes what an app gave. Raises ValueError or TypeError for what may not be sent."""
    code, reason = _parse_status(status)
    if type(headers) is not list:
        raise TypeError(f'Headers must be a list, not {type(headers).__name__}')
    encoded = []
    text = ''
    length = NO_LENGTH
    try:
        for name, value in headers:
            encoded_name, kind = _names[name]
            if kind is not None:
                if kind == 'hop-by-hop' or code == 204:  # RFC 9110 §8.6: no Content-Length with 204
                    continue
                if not (value.isascii() and value.isdigit()):
                    raise ValueError(f'Cannot send Content-Length {value!r}: it is no number')
                length = int(value)
            encoded.append((encoded_name, value.encode('latin-1')))
            text += value
    except AttributeError:
        raise TypeError(f'Cannot send {value!r} as the value of the header {name!r}: it is no string') from None
    if not text.isprintable() and _has_control(text):
        raise ValueError(f'Cannot send a response head with control characters: {headers!r}')
    return code, reason, marshal_headers(encoded), length


def with_length(head: ResponseHead, length: int) -> ResponseHead:
    """The head for a body of so many bytes: unchanged where it has a Content-Length, or may not have one (RFC 9110 §8.6)."""
    code, reason, headers, declared = head
    if declared != NO_LENGTH or code == 204 or code == 304:
        return head
    pairs = [*marshal.loads(headers), (b'Content-Length', b'%d' % length)]
    return code, reason, marshal_headers(pairs), length


@lru_cache(maxsize=256)
def _parse_status(status: str) -> Tuple[int, bytes]:
    if type(status) is not str:
        raise TypeError(f'Status must be a string, not {type(status).__name__}')
    code, _, reason = status.partition(' ')
    if not (len(code) == 3 and code.isascii() and code.isdigit() and '200' <= code <= '599'):
        raise ValueError(f'Cannot send status {status!r}: write it as "200 OK", 200 to 599')
    if _has_control(reason):
        raise ValueError(f'Cannot send status {status!r}: it holds control characters')
    return int(code), reason.encode('latin-1')[:255]
