"""A WSGI worker, from start to exit."""

from __future__ import annotations

from ..hello import hello_frame
from ..settings import Settings
from .connection import Request
from .environ import EnvironMaker
from .fronts import Fronts
from .pool import Pool
from .response import App, Response


def serve(app: App, settings: Settings, worker: int) -> None:
    """Runs until every front has drained this worker. Raises OSError when all fronts are gone. This thread reads, others run the app."""

    def answer(request: Request) -> None:
        stream, environ = request
        if not stream.connection.begins(stream):
            return
        Response(stream, environ['REQUEST_METHOD'] == 'HEAD').run(app, environ)
        stream.connection.finished(stream)

    fronts = Fronts(EnvironMaker(settings), hello_frame(worker, 'wsgi', settings.threads))
    pool: Pool[Request] = Pool(settings.threads, answer, fronts.flush)
    fronts.connect_to_all(settings.sockets, pool.add)
    fronts.read(pool)
    pool.stop()
