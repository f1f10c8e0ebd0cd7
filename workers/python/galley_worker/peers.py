"""The two ends of a client connection, as a REQUEST head names them."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from .frames import FrameError


class Peers(NamedTuple):
    """The connection field of a REQUEST head (frame.md, "Heads")."""

    scheme: str
    client_address: str
    """Empty where it is not known."""
    client_port: int
    server_address: str
    """The path of a Unix socket where the port is 0."""
    server_port: int


@lru_cache(maxsize=4096)
def peers_of(field: bytes) -> Peers:
    """Kept for each connection, since all its requests have the same. Raises FrameError."""
    try:
        scheme, client, client_port, server, server_port = field.decode('utf-8', 'surrogateescape').split('\0')
        return Peers(scheme, client, int(client_port), server, int(server_port))
    except ValueError:
        raise FrameError(f'Cannot read the connection field {field!r}') from None
