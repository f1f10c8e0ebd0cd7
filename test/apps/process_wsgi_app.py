"""What a worker process can meet, in WSGI; process_asgi_app.py has the same paths."""

import os
import signal
import time
from pathlib import Path

folder = Path(os.environ.get('HOLD_FOLDER', '.'))


def app(environ, start_response):
    path = environ['PATH_INFO']
    query = environ['QUERY_STRING']
    if path == '/sleep':
        time.sleep(int(query) / 1000)
    elif path == '/hold':
        (folder / f'held-{query}').write_text(str(os.getpid()))
        while not (folder / 'release').exists():
            time.sleep(0.01)
    elif path == '/spin':
        (folder / f'spun-{os.getpid()}').touch()
        spin()
    elif path == '/spin-on':
        spin_on()
    elif path == '/kill':
        (folder / f'killed-{os.getpid()}').touch()
        os.kill(os.getpid(), signal.SIGKILL)
    start_response('200 OK', [('Content-Type', 'text/plain'), ('X-Worker', worker())])
    return [str(os.getpid()).encode()]


def worker():
    return f'{os.environ.get("GALLEY_WORKER_ID")} {os.environ.get("GALLEY_WORKER_LEADER")}'


def spin():
    while True:
        pass


def spin_on():
    """No exception that is raised in its thread ends it."""
    while True:
        try:
            spin()
        except BaseException:
            pass
