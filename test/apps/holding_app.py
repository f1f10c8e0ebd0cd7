"""An ASGI app whose requests to /hold stay until the file `release` is there, and which leaves a trace of its shutdown."""

import asyncio
import os
from pathlib import Path

folder = Path(os.environ['HOLD_FOLDER'])


async def app(scope, receive, send):
    if scope['type'] == 'lifespan':
        await receive()
        await send({'type': 'lifespan.startup.complete'})
        await receive()
        (folder / f'shutdown-{os.getpid()}').touch()
        await send({'type': 'lifespan.shutdown.complete'})
        return
    if scope['path'] == '/hold':
        (folder / f'held-{scope["query_string"].decode()}').write_text(str(os.getpid()))
        while not (folder / 'release').exists():
            await asyncio.sleep(0.01)
    await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'content-type', b'text/plain')]})
    await send({'type': 'http.response.body', 'body': str(os.getpid()).encode()})
