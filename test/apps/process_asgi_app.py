"""What a worker process can meet, in ASGI; process_wsgi_app.py has the same paths."""

import asyncio
import os
import signal
from pathlib import Path

folder = Path(os.environ.get('HOLD_FOLDER', '.'))


async def app(scope, receive, send):
    if scope['type'] == 'lifespan':
        await receive()
        await send({'type': 'lifespan.startup.complete'})
        await receive()
        await send({'type': 'lifespan.shutdown.complete'})
        return
    path = scope['path']
    query = scope['query_string'].decode()
    if path == '/sleep':
        await asyncio.sleep(int(query) / 1000)
    elif path == '/hold':
        (folder / f'held-{query}').write_text(str(os.getpid()))
        while not (folder / 'release').exists():
            await asyncio.sleep(0.01)
    elif path == '/spin':
        (folder / f'spun-{os.getpid()}').touch()
        spin()
    elif path == '/kill':
        (folder / f'killed-{os.getpid()}').touch()
        os.kill(os.getpid(), signal.SIGKILL)
    body = str(os.getpid()).encode()
    headers = [(b'content-type', b'text/plain'), (b'content-length', str(len(body)).encode()), (b'x-worker', worker())]
    await send({'type': 'http.response.start', 'status': 200, 'headers': headers})
    await send({'type': 'http.response.body', 'body': body})


def worker():
    return f'{os.environ.get("GALLEY_WORKER_ID")} {os.environ.get("GALLEY_WORKER_LEADER")}'.encode()


def spin():
    while True:
        pass
