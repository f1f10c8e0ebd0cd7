"""The connections of an ASGI worker to its fronts."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any, Dict, List, Optional, Set

from ..hello import FRONT_IS_GONE, connect
from .connection import FrontConnection
from .stream import App


class Fronts:
    """Those that the worker was started with, and those that a CONNECT named."""

    def __init__(self, app: App, root_path: str, state: Optional[Dict[str, Any]], hello: bytes) -> None:
        """`hello` is the first frame of each connection."""
        self._app = app
        self._root_path = root_path
        self._state = state
        self._hello = hello
        self._connections: List[FrontConnection] = []
        self._connecting: Set[asyncio.Task[None]] = set()
        self._is_draining = False
        self.drained: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the fronts have sent DRAIN and no stream is left."""

    async def connect_to_all(self, paths: List[str]) -> None:
        """Leaves out those that are gone: a CONNECT comes when they are back. Raises OSError where all are."""
        gone = None
        for path in paths:
            try:
                await self.connect(path)
            except FRONT_IS_GONE as error:
                gone = error
        if gone and not self._connections:
            raise gone

    async def connect(self, path: str) -> None:
        """Raises OSError."""
        sock = connect(path)
        connection = FrontConnection(self, self._app, self._root_path, self._state, self._hello)
        self._connections.append(connection)
        await asyncio.get_running_loop().create_unix_connection(lambda: connection, sock=sock)

    def connect_came(self, path: str) -> None:
        """A CONNECT frame came."""
        task = asyncio.ensure_future(self._try_to_connect(path))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    def drain_came(self) -> None:
        """A DRAIN frame came."""
        self._is_draining = True
        self.look()

    def lost(self) -> None:
        """A connection was closed without DRAIN. Ends the process when Galley is gone: no front is left that could send it."""
        if not self._is_draining and all(connection.is_closed for connection in self._connections):
            os._exit(1)
        self.look()

    def look(self) -> None:
        """A connection may be done: forgets it where it is closed, and sees whether all are."""
        self._connections = [each for each in self._connections if not (each.is_closed and each.is_done)]
        if self._is_draining and not self.drained.done() and all(each.is_done for each in self._connections):
            self.drained.set_result(None)

    async def close(self) -> None:
        """Says goodbye to all; returns when they have read all and closed."""
        await asyncio.gather(*(connection.close() for connection in self._connections))

    def end(self) -> None:
        """Tasks are cancelled from now on."""
        for connection in self._connections:
            connection.is_ending = True

    async def _try_to_connect(self, path: str) -> None:
        if self._is_draining:
            return
        try:
            await self.connect(path)
        except OSError as error:
            print(f'galley: cannot connect to a front at "{path}": {error}', file=sys.stderr, flush=True)
