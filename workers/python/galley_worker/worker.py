"""What a forked worker does."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import Callable, Optional

from . import hooks
from .cannot_start import EXIT_CODE, CannotStart
from .death_watch import DeathWatch
from .hello import FRONT_IS_GONE, connect, hello_frame
from .load import App, load_app
from .settings import Settings
from .stacks import StackWriter
from .zygote import Forked

Serve = Callable[[App, Settings, int], None]


def server_of(interface: str) -> Serve:
    """What serves apps of an interface. The zygote calls it too, so that its workers share what it imports."""
    if interface == 'wsgi':
        from .wsgi.serve import serve as serve_wsgi

        return serve_wsgi
    from .asgi.serve import serve as serve_asgi

    return serve_asgi


def run_worker(settings: Settings, app: Optional[App], forked: Forked) -> int:
    """Serves until drained and returns the exit code. `app` is None where it is to be imported here."""
    worker = forked.worker
    os.environ['GALLEY_WORKER_ID'] = str(worker)
    os.environ['GALLEY_WORKER_LEADER'] = '1' if forked.is_leader else '0'
    DeathWatch(forked.zygote, StackWriter(forked.stacks, worker, os.path.dirname(settings.sockets[0])))
    has_begun = False
    try:
        if app is None:
            app, _ = load_app(settings)
        hooks.run_after_fork()
        has_begun = True
        server_of(settings.interface)(app, settings, worker)
    except CannotStart as failure:
        return _fail(settings, worker, str(failure))
    except FRONT_IS_GONE:
        return 1  # all of them, and Galley with them
    finally:
        if has_begun:
            hooks.run_worker_exit()
        # Python takes its handlers away while it ends: the notice of a stop that comes as late as that would kill.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return 0


def _fail(settings: Settings, worker: int, text: str) -> int:
    for path in settings.sockets:
        with suppress(*FRONT_IS_GONE), connect(path) as front:
            front.sendall(hello_frame(worker, settings.interface, 0, text))
            return EXIT_CODE
    return 1
