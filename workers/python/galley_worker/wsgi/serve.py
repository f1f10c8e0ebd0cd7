"""A WSGI worker, from start to exit."""

from __future__ import annotations

import select
from typing import List

from ..hello import connect, hello_frame
from ..settings import Settings
from .connection import FrontConnection, Request
from .environ import EnvironMaker
from .pool import HELD_UP, Pool
from .response import App, Response


def serve(app: App, settings: Settings, worker: int) -> None:
    """Runs until every front has drained this worker. Raises OSError when the front is gone. This thread reads, others run the app."""
    connections: List[FrontConnection] = []

    def answer(request: Request) -> None:
        stream, environ = request
        if not stream.connection.begins(stream):
            return
        Response(stream, environ['REQUEST_METHOD'] == 'HEAD').run(app, environ)
        stream.connection.finished(stream)

    def flush() -> None:
        for connection in connections:
            connection.flush()

    pool: Pool[Request] = Pool(settings.threads, answer, flush)
    environs = EnvironMaker(settings)
    for path in settings.sockets:
        connections.append(FrontConnection(connect(path), environs, pool.add))
    hello = hello_frame(worker, 'wsgi', settings.threads)
    for connection in connections:
        connection.send(hello)
    _read(connections, pool)
    pool.stop()
    for connection in connections:
        connection.close()


def _read(connections: List[FrontConnection], pool: Pool[Request]) -> None:
    """Reads what comes until all connections have ended."""
    poll = select.poll()
    by_descriptor = {connection.fileno(): connection for connection in connections}
    for descriptor in by_descriptor:
        poll.register(descriptor, select.POLLIN)
    tick_ms = HELD_UP * 1000
    while by_descriptor:
        must_look = pool.needs_look or any(connection.has_unsent for connection in by_descriptor.values())
        for descriptor, _ in poll.poll(tick_ms if must_look else None):
            if not by_descriptor[descriptor].read():
                poll.unregister(descriptor)
                del by_descriptor[descriptor]
        pool.look()
        for connection in by_descriptor.values():
            connection.flush_late(HELD_UP)
