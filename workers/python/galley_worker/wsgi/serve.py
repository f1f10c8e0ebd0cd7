"""A WSGI worker's threads, from start to exit."""

from __future__ import annotations

import selectors
import threading
from collections import deque
from queue import SimpleQueue
from typing import Callable, Deque, Iterator, List, Optional

from ..hello import connect, hello_frame
from ..settings import Settings
from .connection import FrontConnection, Request
from .environ import EnvironMaker
from .response import App, Response


def serve(app: App, settings: Settings, worker: int) -> None:
    """Runs until every front has drained this worker. Raises OSError when the front is gone."""
    if settings.threads == 1:
        _serve_alone(app, settings, worker)
    else:
        _serve_threads(app, settings, worker)


def _serve_alone(app: App, settings: Settings, worker: int) -> None:
    """The main thread reads and runs the app: no request waits for a switch of threads."""
    waiting: Deque[Request] = deque()
    for _ in _reads(_connect(settings, worker, waiting.append)):
        while waiting:
            _answer(app, waiting.popleft())


def _serve_threads(app: App, settings: Settings, worker: int) -> None:
    """The main thread reads, the others run the app."""
    waiting: SimpleQueue[Optional[Request]] = SimpleQueue()
    threads = [
        threading.Thread(target=_run, args=(app, waiting), name=f'galley-app-{number}', daemon=True)
        for number in range(1, settings.threads + 1)
    ]
    connections = _connect(settings, worker, waiting.put)
    for thread in threads:
        thread.start()
    for _ in _reads(connections):
        pass
    for _ in threads:
        waiting.put(None)
    for thread in threads:
        thread.join()


def _connect(settings: Settings, worker: int, take: Callable[[Request], None]) -> List[FrontConnection]:
    environs = EnvironMaker(settings)
    hello = hello_frame(worker, 'wsgi', settings.threads)
    connections = [
        FrontConnection(connect(path), environs, take, reads_alone=settings.threads > 1) for path in settings.sockets
    ]
    for connection in connections:
        connection.send(hello)
    return connections


def _reads(connections: List[FrontConnection]) -> Iterator[None]:
    """Reads what comes, with a stop after each read, until all connections have ended."""
    if len(connections) == 1:
        while connections[0].read():
            yield
        connections[0].close()
        return
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection, selectors.EVENT_READ, connection)
        while selector.get_map():
            for key, _ in selector.select():
                if not key.data.read():
                    selector.unregister(key.fileobj)
                    key.data.close()
                yield


def _run(app: App, waiting: SimpleQueue[Optional[Request]]) -> None:
    while True:
        request = waiting.get()
        if request is None:
            return
        _answer(app, request)


def _answer(app: App, request: Request) -> None:
    stream, environ = request
    Response(stream, environ['REQUEST_METHOD'] == 'HEAD').run(app, environ)
    stream.connection.finished(stream)
