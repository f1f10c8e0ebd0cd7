"""What an HTTP request and a WebSocket have in common at a worker."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Awaitable, Callable, Dict, Tuple

from ..disconnect import ClientDisconnected, is_disconnect
from ..frames import INITIAL_WINDOW, abort_frame, window_frame
from ..timeouts import TIMED_OUT
from ..tracebacks import format_exception
from .left_threads import awaited_by
from .scope import Scope

if TYPE_CHECKING:
    from .connection import FrontConnection

Message = Dict[str, Any]
App = Callable[[Scope, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]

COMPLETE = -1
"""The phase of a stream that the worker has ended."""

_LATE = 2
"""Instead of True: nobody waits for the answer since a deadline has passed, and the app's task was cancelled for that."""


class Stream:
    """One stream of a connection: its credit, the tasks that wait at it, and the app's call that it stands for."""

    __slots__ = ('_connection', '_stream', '_phase', '_credit', '_gone', '_waiters', 'task')

    task: asyncio.Task[None]
    """Kept here, since the event loop does not keep its tasks."""

    def __init__(self, connection: FrontConnection, stream: int) -> None:
        self._connection = connection
        self._stream = stream
        self._phase = 0
        self._credit = INITIAL_WINDOW
        self._gone: int = False
        """Nobody waits for what the app sends any more."""
        self._waiters: Tuple[asyncio.Future[None], ...] = ()

    async def run(self, app: App, scope: Scope) -> None:
        """Calls the app and ends the stream, whatever the app does."""
        failure = ''
        try:
            await app(scope, self.receive, self.send)
            if self._phase != COMPLETE and not self._gone:
                failure = self._unfinished()
        except asyncio.CancelledError as error:
            if self._gone == _LATE:
                failure = f'{TIMED_OUT}\n{format_exception(error)}'
            elif not (self._gone or self._connection.is_ending):
                failure = format_exception(error)  # by the app itself
        except BaseException as error:
            if not (self._gone and self._is_disconnect(error)):
                failure = format_exception(error)
        if (failure or self._phase != COMPLETE) and not self._connection.is_ending:
            self._end(failure)
            self._phase = COMPLETE
        self._gone = True  # other tasks of the app may still wait here
        if self._waiters:
            self._wake()
        self._connection.finished(self._stream)

    async def receive(self) -> Message:
        """The next event for the app."""
        raise NotImplementedError

    async def send(self, message: Message) -> None:
        """Raises ClientDisconnected when nobody waits any more, RuntimeError for a message that must not come now."""
        raise NotImplementedError

    def credit_came(self, credit: int) -> None:
        """A WINDOW frame came."""
        self._credit += credit
        self._wake()

    def client_left(self) -> None:
        """A CANCEL frame came, or the connection is gone."""
        self._gone = True
        self._wake()

    def deadline_passed(self) -> None:
        """A CANCEL frame with that reason came."""
        self.client_left()
        # A task that is cancelled before its first step would never come here to end the stream.
        self._connection.loop.call_soon(self._cancel)

    def _cancel(self) -> None:
        if self._phase != COMPLETE:  # else it crossed with the end of the answer, and the app does something else
            self._gone = _LATE
            self._connection.look_for_threads(awaited_by(self.task))
            self.task.cancel()

    def _unfinished(self) -> str:
        """What is wrong with an app that has returned by now, or nothing."""
        raise NotImplementedError

    def _is_disconnect(self, error: BaseException) -> bool:
        """Whether an exception of the app only says that the client is gone, which it is."""
        return is_disconnect(error)

    def _end(self, failure: str) -> None:
        """Sends the end of the stream, or of one that has ended what the app raised afterwards."""
        self._connection.write(abort_frame(self._stream, failure))

    def _abort(self, reason: str) -> None:
        """What was sent cannot be gone on with."""
        self._end(reason)
        self._phase = COMPLETE
        self._gone = True
        self._wake()

    def _give(self, credit: int) -> None:
        if credit:
            self._connection.write(window_frame(self._stream, credit))

    async def _writable(self) -> None:
        """Waits until the front may take more: it gave credit or reads again. Raises ClientDisconnected."""
        self._connection.flush()
        if self._connection.is_paused:
            await self._connection.resumed.wait()
        else:
            await self._change()
        if self._gone:
            raise ClientDisconnected

    def _change(self) -> asyncio.Future[None]:
        """Done when something came or was sent; for one task alone, since its cancellation cancels it."""
        waiter = self._connection.loop.create_future()
        others = self._waiters
        self._waiters = (*[each for each in others if not each.done()], waiter) if others else (waiter,)
        return waiter

    def _wake(self) -> None:
        waiters = self._waiters
        if waiters:
            self._waiters = ()
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)
