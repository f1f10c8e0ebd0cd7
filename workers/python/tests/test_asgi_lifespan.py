"""Points 24 to 26 of the ASGI specification's traps: lifespan."""

from __future__ import annotations

import asyncio
import unittest
from typing import Any, List, Optional
from unittest.mock import patch

from galley_worker.asgi import lifespan
from galley_worker.cannot_start import CannotStart

from .asgi_apps import body, echo, sends, start
from .fake_front import FakeFront


def app_with(events: List[str], startup: Optional[Any] = None, shutdown: Optional[Any] = None) -> Any:
    """An app that notes what happens and answers lifespan events with these messages."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope['type'] == 'http':
            events.append('request')
            scope['state']['seen'] = True
            await echo(scope, receive, send)
            return
        events.append(f"{scope['asgi']['spec_version']}")
        scope['state']['seen'] = False
        for name, answer in (('startup', startup), ('shutdown', shutdown)):
            message = await receive()
            events.append(message['type'])
            await send(answer or {'type': f'lifespan.{name}.complete'})

    return app


def failure(app: Any, mode: str = 'auto') -> str:
    """Why a worker does not start."""
    front = FakeFront(app, lifespan=mode)
    front.wait()
    assert isinstance(front.failure, CannotStart), front.failure
    return str(front.failure)


class LifespanTest(unittest.TestCase):
    def test_asgi_24_an_app_that_raises_when_it_is_called_has_no_lifespan(self) -> None:
        def app(scope: Any, receive: Any, send: Any) -> Any:
            assert scope['type'] == 'http'
            return echo(scope, receive, send)

        with FakeFront(app, lifespan='auto') as front:
            self.assertEqual(front.get().status, 200)

    def test_asgi_24_an_app_that_exits_in_startup_cannot_start(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            raise SystemExit(0)

        self.assertIn('SystemExit', failure(app))

    def test_asgi_25_startup_precedes_hello_and_shutdown_follows_the_last_request(self) -> None:
        events: List[str] = []
        with FakeFront(app_with(events), lifespan='auto') as front:
            self.assertEqual(events, ['2.0', 'lifespan.startup'])
            front.get()
        self.assertEqual(events, ['2.0', 'lifespan.startup', 'request', 'lifespan.shutdown'])

    def test_asgi_26_the_lifespan_has_a_spec_version_of_its_own(self) -> None:
        seen: List[Any] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            seen.append((scope['type'], scope['asgi']))
            if scope['type'] == 'http':
                await echo(scope, receive, send)
            else:
                raise ValueError('only http')

        with FakeFront(app, lifespan='auto') as front:
            front.get()
        self.assertEqual(
            seen,
            [
                ('lifespan', {'version': '3.0', 'spec_version': '2.0'}),
                ('http', {'version': '3.0', 'spec_version': '2.5'}),
            ],
        )

    def test_asgi_24_an_app_that_raises_is_served_without_lifespan_and_state(self) -> None:
        calls: List[str] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            calls.append(scope['type'])
            if scope['type'] != 'http':
                raise ValueError('only http')
            self.assertNotIn('state', scope)
            await echo(scope, receive, send)

        with FakeFront(app, lifespan='auto') as front:
            self.assertEqual(front.get().status, 200)
        self.assertEqual(calls, ['lifespan', 'http'])

    def test_asgi_24_an_app_that_returns_is_served_without_lifespan(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope['type'] == 'http':
                await sends(start(), body())(scope, receive, send)

        with FakeFront(app, lifespan='auto') as front:
            self.assertEqual(front.get().status, 200)

    def test_asgi_24_startup_failed_stops_the_worker_with_the_apps_message(self) -> None:
        app = app_with([], {'type': 'lifespan.startup.failed', 'message': 'no database\nTraceback of the app'})
        self.assertEqual(failure(app), 'no database\nTraceback of the app')

    def test_asgi_24_startup_failed_without_a_message_shows_the_traceback(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send({'type': 'lifespan.startup.failed'})
            raise LookupError('no database')

        self.assertIn('LookupError: no database', failure(app))

    def test_mode_on_makes_an_exception_fatal(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            raise LookupError('no lifespan here')

        text = failure(app, 'on')
        self.assertIn('LookupError: no lifespan here', text)
        self.assertIn('test_asgi_lifespan.py', text)
        self.assertNotIn('galley_worker', text)

    def test_mode_off_never_calls_the_app_for_lifespan(self) -> None:
        calls: List[str] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            calls.append(scope['type'])
            await echo(scope, receive, send)

        with FakeFront(app, lifespan='off') as front:
            front.get()
        self.assertEqual(calls, ['http'])

    def test_asgi_25_a_startup_that_takes_too_long_stops_the_worker(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await asyncio.Event().wait()

        with patch.object(lifespan, 'TIMEOUT', 0.01):
            self.assertIn('longer than 0.01 seconds', failure(app))

    def test_asgi_25_a_shutdown_that_takes_too_long_does_not_keep_the_worker(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send({'type': 'lifespan.startup.complete'})
            await asyncio.Event().wait()

        with patch.object(lifespan, 'TIMEOUT', 0.05):
            with FakeFront(app, lifespan='auto'):
                pass

    def test_asgi_25_a_failing_shutdown_does_not_keep_the_worker(self) -> None:
        with FakeFront(app_with([], None, {'type': 'lifespan.shutdown.failed', 'message': ''}), lifespan='auto'):
            pass

    def test_asgi_06_a_request_gets_a_copy_of_the_state(self) -> None:
        seen: List[Any] = []
        inner = app_with([])

        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope['type'] == 'http':
                seen.append(scope['state']['seen'])
            await inner(scope, receive, send)

        with FakeFront(app, lifespan='auto') as front:
            front.get()
            front.get()
        self.assertEqual(seen, [False, False])

    def test_an_event_answered_twice_raises_in_the_app(self) -> None:
        errors: List[str] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send({'type': 'lifespan.startup.complete'})
            try:
                await send({'type': 'lifespan.startup.complete'})
            except RuntimeError as error:
                errors.append(str(error))
            await receive()
            await send({'type': 'lifespan.shutdown.complete'})

        with FakeFront(app, lifespan='on'):
            pass
        self.assertEqual(len(errors), 1)


if __name__ == '__main__':
    unittest.main()
