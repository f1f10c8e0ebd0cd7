"""The scope of an HTTP request."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Dict, List, Optional, Tuple
from urllib.parse import unquote_to_bytes

from ..frames import FrameError
from ..peers import peers_of

Scope = Dict[str, Any]

_FIXED_FIELDS = 5


def http_scope(fields: List[bytes], root_path: str, state: Optional[Dict[str, Any]]) -> Scope:
    """
    A fresh scope from the fields of a REQUEST head (frame.md, "Heads"), which are used up. `state` is the lifespan's and is copied, or None
    where the app has no lifespan. Raises FrameError.
    """
    if len(fields) < _FIXED_FIELDS or not len(fields) & 1:
        raise FrameError(f'Cannot read a request head of {len(fields)} fields')
    connection, method, version, target, normalized = fields[:_FIXED_FIELDS]
    del fields[:_FIXED_FIELDS]
    scheme, client, server = _ends(connection)
    raw_path, _, query = target.partition(b'?')
    encoded = normalized or raw_path
    path = decode_path(encoded) if b'%' in encoded or not encoded.isascii() else encoded.decode()
    if root_path:
        path = root_path + path
        raw_path = root_path.encode() + raw_path
    pairs = iter(fields)
    scope: Scope = {
        'type': 'http',
        'asgi': {'version': '3.0', 'spec_version': '2.4'},
        'http_version': version.decode(),
        'method': method.decode(),
        'scheme': scheme,
        'path': path,
        'raw_path': raw_path,
        'query_string': query,
        'root_path': root_path,
        'headers': list(zip(pairs, pairs)),
        'client': client,
        'server': server,
        'extensions': {},
    }
    if state is not None:
        scope['state'] = state.copy()
    return scope


def decode_path(path: bytes) -> str:
    """Percent-decoded, then UTF-8; what is not UTF-8 becomes U+FFFD."""
    return unquote_to_bytes(path).decode('utf-8', 'replace')


@lru_cache(maxsize=4096)
def _ends(connection: bytes) -> Tuple[str, Optional[Tuple[str, int]], Optional[Tuple[str, Optional[int]]]]:
    """`scheme`, `client` and `server` of a scope."""
    scheme, client, client_port, server, server_port = peers_of(connection)
    return (
        scheme,
        (client, client_port) if client and client_port else None,
        (server, server_port or None) if server else None,
    )
