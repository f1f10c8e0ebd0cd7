"""The lifespan protocol (lifespan.rst 2.0)."""

from __future__ import annotations

import asyncio
import sys
from typing import Any, Dict, List, Optional

from ..cannot_start import CannotStart
from ..tracebacks import format_exception
from .stream import App, Message

TIMEOUT = 60.0
"""How long startup, and shutdown, may take, in seconds (Hypercorn 60)."""


class Lifespan:
    """One task of the app that lives as long as the worker."""

    def __init__(self, app: App, mode: str) -> None:
        """`mode` is `auto` (an app without lifespan is served all the same), `on` or `off`."""
        self._app = app
        self._mode = mode
        self._events: asyncio.Queue[Message] = asyncio.Queue()
        self._answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._task: Optional[asyncio.Task[None]] = None
        self._state: Dict[str, Any] = {}
        self._has_received = False
        self._has_exited = False

    @property
    def state(self) -> Optional[Dict[str, Any]]:
        """What the app keeps for its requests; None where it has no lifespan."""
        return self._state if self._task else None

    async def start(self) -> None:
        """
        Returns when startup is complete or the app has no lifespan. Raises CannotStart where the app says so, and where it
        raises and lifespan is `on`.
        """
        if self._mode == 'off':
            return
        scope = {'type': 'lifespan', 'asgi': {'version': '3.0', 'spec_version': '2.0'}, 'state': self._state}
        self._task = asyncio.ensure_future(self._run(scope))
        message = await self._tell('lifespan.startup')
        if message is None:
            error = self._error()
            self._task = None
            if self._mode == 'on' or self._has_exited:
                raise CannotStart(f'Lifespan startup did not complete\n{error}')
            if error and self._has_received:  # it has a lifespan, then, and this is no way to decline it
                print(f'galley: lifespan startup failed; the app is served without it\n{error}', file=sys.stderr, flush=True)
        elif message['type'] != 'lifespan.startup.complete':
            await asyncio.wait([self._task], timeout=1.0)
            error = self._error()
            raise CannotStart(message.get('message') or f'Lifespan startup failed\n{error}')

    async def _run(self, scope: Dict[str, Any]) -> None:
        try:
            await self._app(scope, self._receive, self._send)
        except (KeyboardInterrupt, SystemExit) as error:
            # Raised from a task these would end the event loop under the worker.
            self._has_exited = True
            raise RuntimeError(f'The app raised {type(error).__name__}') from error

    async def _receive(self) -> Message:
        message = await self._events.get()
        self._has_received = True
        return message

    async def stop(self) -> None:
        """Runs shutdown; what goes wrong there is written to standard error."""
        if self._task is None:
            return
        message = await self._tell('lifespan.shutdown')
        error = self._error()
        if message is None:
            text = error
        elif message['type'] == 'lifespan.shutdown.complete':
            text = ''
        else:
            text = message.get('message') or error or 'the app sent lifespan.shutdown.failed'
        if text:
            print(f'galley: lifespan shutdown failed\n{text}', file=sys.stderr, flush=True)

    async def _tell(self, event: str) -> Optional[Message]:
        """Sends an event and waits for its answer; None where the app ended without one."""
        assert self._task
        self._answer = asyncio.get_running_loop().create_future()
        self._events.put_nowait({'type': event})
        either: List[asyncio.Future[Any]] = [self._task, self._answer]
        await asyncio.wait(either, timeout=TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
        if self._answer.done():
            return self._answer.result()
        if not self._task.done():
            return {'type': f'{event}.failed', 'message': f'{event} took longer than {TIMEOUT:g} seconds'}
        return None

    async def _send(self, message: Message) -> None:
        kind = message['type']
        if not kind.startswith(('lifespan.startup.', 'lifespan.shutdown.')):
            raise RuntimeError(f'Cannot send {kind} to the lifespan')
        if self._answer.done():
            raise RuntimeError(f'Cannot send {kind}: the event was answered already')
        self._answer.set_result(message)

    def _error(self) -> str:
        """The traceback of the app's task, where it raised."""
        if self._task is None or not self._task.done() or self._task.cancelled():
            return ''
        error = self._task.exception()
        return format_exception(error) if error else ''
