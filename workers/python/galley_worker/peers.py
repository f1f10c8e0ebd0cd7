"""The two ends of a client connection and its TLS, as a REQUEST head names them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple, Optional, Tuple

from .frames import FrameError


class Tls(NamedTuple):
    """The TLS of a client connection."""

    version: int
    """As registered: 0x0304 is TLS 1.3."""
    cipher_suite: int
    client_error: Optional[str]
    """What is wrong with the client's certificate."""
    client_name: Optional[str]
    """Its subject (RFC 4514)."""
    client_certificates: Tuple[str, ...]
    """What the client has sent, PEM, its own first."""


class Peers(NamedTuple):
    """The connection field of a REQUEST head (frame.md, "Heads")."""

    scheme: str
    client_address: str
    """Empty where it is not known."""
    client_port: int
    server_address: str
    """The path of a Unix socket where the port is 0."""
    server_port: int
    tls: Optional[Tls]
    """None where the client does not speak TLS to Galley."""


@lru_cache(maxsize=4096)
def peers_of(field: bytes) -> Peers:
    """Kept for each connection, since all its requests have the same. Raises FrameError."""
    try:
        scheme, client, client_port, server, server_port, *tls = field.decode('utf-8', 'surrogateescape').split('\0')
        return Peers(scheme, client, int(client_port), server, int(server_port), _tls(*tls) if tls else None)
    except (ValueError, TypeError):
        raise FrameError(f'Cannot read the connection field {field!r}') from None


_certificate = re.compile('-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n', re.DOTALL)


def _tls(version: str, cipher_suite: str, error: str, name: str, certificates: str) -> Tls:
    return Tls(int(version), int(cipher_suite), error or None, name or None, tuple(_certificate.findall(certificates)))
