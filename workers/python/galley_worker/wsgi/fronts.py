"""The connections of a WSGI worker to its fronts."""

from __future__ import annotations

import os
import select
import sys
from typing import Callable, Dict, List

from ..hello import FRONT_IS_GONE, connect
from .connection import FrontConnection, Request
from .environ import EnvironMaker
from .pool import HELD_UP, Pool


class Fronts:
    """Those that the worker was started with, and those that a CONNECT named. One thread reads them all."""

    def __init__(self, environs: EnvironMaker, hello: bytes) -> None:
        """`hello` is the first frame of each connection."""
        self._environs = environs
        self._hello = hello
        self._poll = select.poll()
        self._open: Dict[int, FrontConnection] = {}
        self._connections: List[FrontConnection] = []
        """The same for other threads: replaced, never changed."""
        self._is_draining = False

    def flush(self) -> None:
        """Writes what waits at any of them. For any thread."""
        for connection in self._connections:
            connection.flush()

    def connect_to_all(self, paths: List[str], take: Callable[[Request], None]) -> None:
        """Leaves out those that are gone: a CONNECT comes when they are back. Raises OSError where all are."""
        gone = None
        for path in paths:
            try:
                self.connect(path, take)
            except FRONT_IS_GONE as error:
                gone = error
        if gone and not self._open:
            raise gone

    def connect(self, path: str, take: Callable[[Request], None]) -> None:
        """`take` gets every request. Raises OSError."""

        def connect_came(path: str) -> None:
            if self._is_draining:
                return
            try:
                self.connect(path, take)
            except OSError as error:
                print(f'galley: cannot connect to a front at "{path}": {error}', file=sys.stderr, flush=True)

        connection = FrontConnection(connect(path), self._environs, take, connect_came)
        connection.send(self._hello)
        self._open[connection.fileno()] = connection
        self._connections = list(self._open.values())
        self._poll.register(connection.fileno(), select.POLLIN)

    def read(self, pool: Pool[Request]) -> None:
        """Reads what comes until all connections have ended."""
        tick_ms = HELD_UP * 1000
        while self._open:
            must_look = pool.needs_look or any(connection.needs_look for connection in self._connections)
            for descriptor, _ in self._poll.poll(tick_ms if must_look else None):
                connection = self._open[descriptor]
                goes_on = connection.read()
                self._is_draining |= connection.is_draining
                if not goes_on:
                    self._forget(descriptor, connection)
            pool.look()
            for connection in self._connections:
                connection.look(HELD_UP)

    def _forget(self, descriptor: int, connection: FrontConnection) -> None:
        """Ends the process when Galley is gone: no front is left that could send DRAIN."""
        del self._open[descriptor]
        if not (self._is_draining or self._open):
            os._exit(1)
        self._connections = list(self._open.values())
        self._poll.unregister(descriptor)
        connection.close()
