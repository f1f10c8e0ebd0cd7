"""The environ of a request (PEP 3333, "environ Variables")."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import Any, Dict, Iterable, Optional
from urllib.parse import unquote_to_bytes

from ..frames import load_head
from ..peers import Tls, peers_of
from ..settings import Settings
from .file_wrapper import FileWrapper

Environ = Dict[str, Any]

_DROPPED = ''
_MAX_KNOWN_NAMES = 1024
_TLS_VERSIONS = {0x0301: 'TLSv1', 0x0302: 'TLSv1.1', 0x0303: 'TLSv1.2', 0x0304: 'TLSv1.3'}
_DEFAULT_PORTS = {'https': '443', 'http': '80'}


class _Keys(Dict[bytes, str]):
    """The environ key of every header name that was seen."""

    def __missing__(self, name: bytes) -> str:
        key = _environ_key(name.decode('latin-1'))
        if len(self) < _MAX_KNOWN_NAMES:
            self[name] = key
        return key


def _environ_key(name: str) -> str:
    # X_Y would pass for X-Y, HTTP_PROXY is taken for a setting (CVE-2016-5385), and the front has removed the chunks.
    if '_' in name or name in ('proxy', 'transfer-encoding'):
        return _DROPPED
    key = name.upper().replace('-', '_')
    return key if key in ('CONTENT_TYPE', 'CONTENT_LENGTH') else f'HTTP_{key}'


_keys = _Keys()


class EnvironMaker:
    """Makes environs for one worker."""

    def __init__(self, settings: Settings) -> None:
        self._root_path = settings.root_path.encode().decode('latin-1')
        # All keys that every environ has: a copy then has their places, and room for the headers, from the start.
        self._template: Environ = {
            'GATEWAY_INTERFACE': 'CGI/1.1',
            'SERVER_SOFTWARE': 'galley',
            **dict.fromkeys(('REQUEST_METHOD', 'PATH_INFO', 'QUERY_STRING', 'REQUEST_URI', 'RAW_URI', 'SERVER_PROTOCOL'), ''),
            **_ends(b'http\0\x000\0\x000'),
            'wsgi.input': None,
            'SCRIPT_NAME': self._root_path,
            'wsgi.version': (1, 0),
            'wsgi.errors': sys.stderr,
            'wsgi.multithread': settings.threads > 1,
            # While a reload hands over, the old worker only ends its requests: those that follow never go to two processes.
            'wsgi.multiprocess': settings.workers > 1,
            'wsgi.run_once': False,
            'wsgi.input_terminated': True,
            'wsgi.file_wrapper': FileWrapper,
        }

    def make(self, head: bytes, body: Any, length: Optional[int] = None) -> Environ:
        """
        A fresh environ from a REQUEST head (frame.md, "Heads") and the input, which has `length` bytes where that is known.
        Raises FrameError.
        """
        connection, method, version, path, raw_path, query, headers = load_head(head)
        if '%' in path:
            path = unquote_to_bytes(path).decode('latin-1')
        target = raw_path.decode('latin-1')
        query_string = query.decode('latin-1')
        if query:
            target = f'{target}?{query_string}'
        environ = self._template.copy()
        environ['REQUEST_METHOD'] = method
        environ['PATH_INFO'] = self._below_root(path) if self._root_path else path
        environ['QUERY_STRING'] = query_string
        environ['REQUEST_URI'] = environ['RAW_URI'] = target
        environ['SERVER_PROTOCOL'] = f'HTTP/{version}' if '.' in version else f'HTTP/{version}.0'  # RFC 3875 §4.1.16
        environ.update(_ends(connection))
        environ['wsgi.input'] = body
        if headers:
            names, values = zip(*headers)
            texts = b'\n'.join(values).decode('latin-1').split('\n')  # at once: values hold no LF
            before = len(environ)
            environ.update(zip(map(_keys.__getitem__, names), texts))
            if len(environ) != before + len(names) or _DROPPED in environ:
                environ.pop(_DROPPED, None)
                environ.update(_joined(names, texts))
        if length and 'CONTENT_LENGTH' not in environ:
            environ['CONTENT_LENGTH'] = str(length)  # it came in chunks, which many frameworks do not read
        return environ

    def _below_root(self, path: str) -> str:
        """
        PATH_INFO: what follows the root path, by whole segments. A path that is not below it is all PATH_INFO: a proxy in front
        has taken the root path off, and SCRIPT_NAME + PATH_INFO is then what its client asked for.
        """
        root = self._root_path
        if path == root or path.startswith(root + '/'):
            return path[len(root) :]
        return path


@lru_cache(maxsize=4096)
def _ends(connection: bytes) -> Environ:
    """What the two ends of the connection are called in an environ."""
    peers = peers_of(connection)
    is_unix = not peers.server_port
    ends = {
        'wsgi.url_scheme': peers.scheme,
        'REMOTE_ADDR': peers.client_address.encode('utf-8', 'surrogateescape').decode('latin-1'),
        'REMOTE_PORT': str(peers.client_port),
        'SERVER_NAME': 'localhost' if is_unix else peers.server_address,
        'SERVER_PORT': _DEFAULT_PORTS[peers.scheme] if is_unix else str(peers.server_port),
    }
    if peers.scheme == 'https':
        ends['HTTPS'] = 'on'
    if peers.tls:
        ends.update(_tls(peers.tls))
    return ends


def _tls(tls: Tls) -> Environ:
    """What Apache's mod_ssl calls them, as PEP 3333 has it."""
    names = {'SSL_PROTOCOL': _TLS_VERSIONS.get(tls.version, '')}
    if tls.client_certificates:
        own, *others = tls.client_certificates
        names['SSL_CLIENT_VERIFY'] = f'FAILED:{tls.client_error}' if tls.client_error else 'SUCCESS'
        names['SSL_CLIENT_S_DN'] = tls.client_name or ''
        names['SSL_CLIENT_CERT'] = own
        names.update((f'SSL_CLIENT_CERT_CHAIN_{index}', each) for index, each in enumerate(others))
    return names


def _joined(names: Iterable[bytes], texts: Iterable[str]) -> Environ:
    """Headers of which some are repeated or dropped (RFC 9110 §5.3; RFC 6265 §5.4 for Cookie)."""
    headers: Dict[str, str] = {}
    for key, text in zip(map(_keys.__getitem__, names), texts):
        if key in headers:
            headers[key] += ('; ' if key == 'HTTP_COOKIE' else ',') + text
        elif key != _DROPPED:
            headers[key] = text
    return headers
