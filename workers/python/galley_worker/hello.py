"""The first frame on a worker's connection."""

from __future__ import annotations

import json
import os
import socket
from typing import Optional

from .frames import HELLO, MAX_ABORT_TEXT, PROTOCOL_VERSION, pack_header

FRONT_IS_GONE = (ConnectionError, FileNotFoundError)
"""What `connect` raises where nobody listens."""


def connect(path: str) -> socket.socket:
    """Connects to a front's socket. Raises OSError when the front is gone."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(None)  # an app may have set another default
    # A process that the app forks must not hold the connection open, nor write to it.
    os.register_at_fork(after_in_child=lambda: _close_inherited(connection))
    try:
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection


def _close_inherited(connection: socket.socket) -> None:
    if connection.fileno() >= 0:
        os.close(connection.detach())  # which forgets the number: it may be a file of the app's in a process forked from this one


def hello_frame(worker: int, interface: str, concurrency: int, failed: Optional[str] = None) -> bytes:
    """A HELLO; `failed` says why the worker could not start."""
    hello = {
        'protocol': PROTOCOL_VERSION,
        'worker': worker,
        'pid': os.getpid(),
        'interface': interface,
        'concurrency': concurrency,
    }
    if failed is not None:
        hello['failed'] = failed[-MAX_ABORT_TEXT:]
    payload = json.dumps(hello).encode()
    return pack_header(len(payload), HELLO, 0, 0, 0) + payload
