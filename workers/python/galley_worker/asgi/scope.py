"""The scope of an HTTP request and of a WebSocket."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Dict, List, Optional, Tuple
from urllib.parse import quote, unquote

from ..frames import load_head
from ..peers import Tls, peers_of
from .sent_file import CAN_SEND_OPEN_FILES

Scope = Dict[str, Any]

_PATH_DELIMITERS = "/!$&'()*+,;=:@"
"""What a path may hold as it is, beside letters, digits and `-._~` (RFC 3986 §3.3)."""


def http_scope(head: bytes, root_path: str, state: Optional[Dict[str, Any]]) -> Scope:
    """
    A fresh scope from a REQUEST head (frame.md, "Heads"). `state` is the lifespan's and is copied, or None where the app has no
    lifespan. Raises FrameError.
    """
    connection, method, version, path, raw_path, query, headers = load_head(head)
    scheme, client, server, tls = _ends(connection)
    encoded_path = path
    if '%' in path:
        path = unquote(path)
    if root_path and path != root_path and not path.startswith(root_path + '/'):  # a proxy has stripped it
        path = root_path + path
        # Not from the path as received, whose dot segments could lead out of the root: both shall name the same.
        raw_path = _encoded(root_path) + encoded_path.encode()
    extensions: Dict[str, Any] = {'http.response.early_hint': {}, 'http.response.pathsend': {}, 'http.response.trailers': {}}
    if CAN_SEND_OPEN_FILES:
        extensions['http.response.zerocopysend'] = {}
    if tls:
        extensions['tls'] = _tls_extension(tls)
    scope: Scope = {
        'type': 'http',
        'asgi': {'version': '3.0', 'spec_version': '2.5'},
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
        'extensions': extensions,
    }
    if state is not None:
        scope['state'] = state.copy()
    return scope


def websocket_scope(head: bytes, root_path: str, state: Optional[Dict[str, Any]]) -> Scope:
    """The same from a REQUEST that asks for a WebSocket (www.rst, "WebSocket Connection Scope")."""
    scope = http_scope(head, root_path, state)
    del scope['method']
    scope['type'] = 'websocket'
    scope['scheme'] = 'wss' if scope['scheme'] == 'https' else 'ws'
    scope['subprotocols'] = _subprotocols(scope['headers'])
    tls = scope['extensions'].get('tls')
    scope['extensions'] = {'websocket.http.response': {}}
    if tls:
        scope['extensions']['tls'] = tls
    return scope


def _subprotocols(headers: List[Tuple[bytes, bytes]]) -> List[str]:
    """What the client offers, in its order, in one header or several (RFC 6455 §11.3.4)."""
    values = b','.join(value for name, value in headers if name == b'sec-websocket-protocol')
    names = (name.strip() for name in values.decode('latin-1').split(','))
    return [name for name in names if name]


def _tls_extension(tls: Tls) -> Dict[str, Any]:
    """asgiref's extensions.rst, "TLS"; the server's certificate is not known here."""
    return {
        'server_cert': None,
        'client_cert_chain': list(tls.client_certificates),
        'client_cert_name': tls.client_name,
        'client_cert_error': tls.client_error,
        'tls_version': tls.version,
        'cipher_suite': tls.cipher_suite,
    }


@lru_cache(maxsize=16)
def _encoded(root_path: str) -> bytes:
    return quote(root_path, _PATH_DELIMITERS).encode()


@lru_cache(maxsize=4096)
def _ends(connection: bytes) -> Tuple[str, Optional[Tuple[str, int]], Optional[Tuple[str, Optional[int]]], Optional[Tls]]:
    """`scheme`, `client` and `server` of a scope, and what its `tls` is made of."""
    scheme, client, client_port, server, server_port, tls = peers_of(connection)
    return (
        scheme,
        (client, client_port) if client else None,
        (server, server_port or None) if server else None,
        tls,
    )
