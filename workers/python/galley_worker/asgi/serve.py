"""An ASGI worker's event loop, from startup to exit."""

from __future__ import annotations

import asyncio

from ..hello import hello_frame
from ..settings import Settings
from ..stacks import show_tasks_of
from .asgi2 import asgi2_as_asgi3
from .fronts import Fronts
from .lifespan import Lifespan
from .stream import App

try:
    import uvloop  # type: ignore[import-not-found]
except ImportError:
    uvloop = None

_CANCEL_TIMEOUT = 5.0
"""How long tasks that are cancelled at the end may take, in seconds."""


def serve(app: App, settings: Settings, worker: int) -> None:
    """
    Runs until every front has drained this worker. Raises CannotStart, and OSError when all fronts are gone.
    `settings.interface` is the one that was found.
    """
    loop = _new_event_loop(settings.uvloop)
    asyncio.set_event_loop(loop)
    show_tasks_of(loop)
    try:
        loop.run_until_complete(_serve(asgi2_as_asgi3(app) if settings.interface == 'asgi2' else app, settings, worker))
    finally:
        loop.run_until_complete(_end_tasks())
        asyncio.set_event_loop(None)
        loop.close()


async def _serve(app: App, settings: Settings, worker: int) -> None:
    lifespan = Lifespan(app, settings.lifespan)
    await lifespan.start()
    hello = hello_frame(worker, settings.interface, settings.concurrency)
    fronts = Fronts(app, settings.root_path, lifespan.state, hello)
    await fronts.connect_to_all(settings.sockets)
    try:
        await fronts.drained
        await lifespan.stop()
        await fronts.close()
    finally:
        fronts.end()


async def _end_tasks() -> None:
    """Cancels what tasks the app has left, as asyncio.run does, but does not wait for ever."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left, timeout=_CANCEL_TIMEOUT)
    await asyncio.get_running_loop().shutdown_asyncgens()


def _new_event_loop(use_uvloop: str) -> asyncio.AbstractEventLoop:
    if uvloop is None or use_uvloop == 'off':
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
