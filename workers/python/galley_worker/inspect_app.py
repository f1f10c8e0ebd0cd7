"""What `galley inspect` tells of an app beyond what the supervisor needs to know (control.md, `inspection`)."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from importlib.util import find_spec
from typing import Any, Callable, Coroutine, Dict, Tuple, TypeVar

from .asgi.asgi2 import asgi2_as_asgi3
from .asgi.lifespan import TIMEOUT, Lifespan
from .cannot_start import CannotStart
from .control import Message
from .frameworks import framework_of, frameworks_imported, version_of
from .inspect_process import ProcessState, files_opened
from .memory import resident_bytes
from .settings import Settings

_LIMITS: Dict[str, Tuple[float, Dict[str, str]]] = {
    'auto': (5.0, {'state': 'unknown', 'text': ''}),
    'on': (2 * TIMEOUT + 5, {'state': 'failed', 'text': 'startup and shutdown do not end'}),
    'off': (5.0, {'state': 'off', 'text': ''}),
}
"""By mode: how many seconds the app may take over its lifespan, and what is told of one that takes longer."""


_Result = TypeVar('_Result')


class Inspection:
    """Looks at the process before the import, where it is made, and after it."""

    def __init__(self, before: ProcessState) -> None:
        self._before = before
        self._memory = resident_bytes()

    def of(self, app: Callable[..., Any], settings: Settings, late: Callable[[Message], object]) -> Message:
        """
        The `inspection` of a `loaded` event; `settings.interface` is the one that was found. Runs the app's startup where lifespan
        is `on`. Where the app keeps the calling thread for too long, `late` gets the inspection in another one and ends the process.
        """
        found: Message = {
            'memory': {'before': self._memory, 'after': resident_bytes()},
            'files': files_opened(self._before),
            'framework': framework_of(app),
            'frameworks': frameworks_imported(),
            'uvloop': version_of('uvloop') if find_spec('uvloop') else None,
            'lifespan': None,
        }
        if settings.interface == 'wsgi':
            return found
        patience, too_late = _LIMITS[settings.lifespan]
        limit = threading.Timer(patience, lambda: late({**found, 'lifespan': too_late}))
        limit.daemon = True
        limit.start()
        found['lifespan'] = _lifespan(asgi2_as_asgi3(app) if settings.interface == 'asgi2' else app, settings.lifespan)
        limit.cancel()
        return found


def _lifespan(app: Callable[..., Any], mode: str) -> Dict[str, str]:
    if mode == 'off':
        return {'state': 'off', 'text': ''}
    if mode == 'auto':
        return {'state': _result(_ask(app)), 'text': ''}
    try:
        _result(_run(app))
    except CannotStart as failure:
        return {'state': 'failed', 'text': str(failure)}
    return {'state': 'complete', 'text': ''}


def _result(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Runs `work` and leaves its loop as it is: `asyncio.run` would wait for tasks of the app that do not let themselves be cancelled."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop.run_until_complete(work)


async def _run(app: Callable[..., Any]) -> None:
    lifespan = Lifespan(app, 'on')
    await lifespan.start()
    await lifespan.stop()


async def _ask(app: Callable[..., Any]) -> str:
    """`supported` where the app waits for a lifespan event, `unsupported` where it ends instead. It gets no event, so its startup is not run."""
    asked: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def receive() -> Message:
        if not asked.done():
            asked.set_result(None)
        never: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        return await never

    async def send(_message: Message) -> None:
        pass

    async def run() -> None:
        scope = {'type': 'lifespan', 'asgi': {'version': '3.0', 'spec_version': '2.0'}, 'state': {}}
        with suppress(Exception, SystemExit, KeyboardInterrupt):  # each is a way to say no
            await app(scope, receive, send)

    task = asyncio.ensure_future(run())
    await asyncio.wait([task, asked], return_when=asyncio.FIRST_COMPLETED)
    return 'supported' if asked.done() else 'unsupported'
