"""The scope of an HTTP request."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Dict, Optional, Tuple
from urllib.parse import unquote

from ..frames import load_head
from ..peers import peers_of

Scope = Dict[str, Any]


def http_scope(head: bytes, root_path: str, state: Optional[Dict[str, Any]]) -> Scope:
    """
    A fresh scope from a REQUEST head (frame.md, "Heads"). `state` is the lifespan's and is copied, or None where the app has no
    lifespan. Raises FrameError.
    """
    connection, method, version, path, raw_path, query, headers = load_head(head)
    scheme, client, server = _ends(connection)
    if '%' in path:
        path = unquote(path)
    if root_path:
        path = root_path + path
        raw_path = root_path.encode() + raw_path
    scope: Scope = {
        'type': 'http',
        'asgi': {'version': '3.0', 'spec_version': '2.4'},
        'http_version': version,
        'method': method,
        'scheme': scheme,
        'path': path,
        'raw_path': raw_path,
        'query_string': query,
        'root_path': root_path,
        'headers': headers,
        'client': client,
        'server': server,
        'extensions': {},
    }
    if state is not None:
        scope['state'] = state.copy()
    return scope


@lru_cache(maxsize=4096)
def _ends(connection: bytes) -> Tuple[str, Optional[Tuple[str, int]], Optional[Tuple[str, Optional[int]]]]:
    """`scheme`, `client` and `server` of a scope."""
    scheme, client, client_port, server, server_port = peers_of(connection)
    return (
        scheme,
        (client, client_port) if client and client_port else None,
        (server, server_port or None) if server else None,
    )
