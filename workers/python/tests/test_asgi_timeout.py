"""An ASGI app whose request has taken too long is cancelled (frame.md, CANCEL with reason 2)."""

from __future__ import annotations

import asyncio
import unittest
from typing import Any, List

from galley_worker import frames as f
from galley_worker.timeouts import TIMED_OUT

from .asgi_apps import accept, body, start
from .fake_front import FakeFront


async def sleeps() -> None:
    await asyncio.sleep(60)


async def catches_exceptions() -> None:
    while True:
        try:
            await asyncio.sleep(0.001)
        except Exception:
            pass


async def hangs_in_a_group() -> None:
    await asyncio.gather(asyncio.sleep(60), sleeps())


class TimeoutTest(unittest.TestCase):
    uvloop = 'auto'

    def front(self, app: Any) -> FakeFront:
        return FakeFront(app, uvloop=self.uvloop)

    def test_the_task_is_cancelled_and_the_abort_tells_where_it_was(self) -> None:
        for stuck in (sleeps, catches_exceptions, hangs_in_a_group):

            async def app(scope: Any, receive: Any, send: Any) -> None:
                if scope['path'] == '/stuck':
                    await stuck()
                await send(start())
                await send(body(b'ok'))

            with self.subTest(stuck.__name__), self.front(app) as front:
                stream = front.request(target='/stuck')
                self.assertEqual(front.get().body, b'ok')
                front.cancel(stream, f.DEADLINE)
                answer = front.answer(stream)
                self.assertEqual(answer.kinds, [f.ABORT])
                self.assertEqual((answer.abort or '').splitlines()[0], TIMED_OUT)
                self.assertIn('CancelledError', answer.abort or '')
                self.assertIn('await stuck()', answer.abort or '')
                self.assertEqual(front.get().body, b'ok')

    def test_one_that_has_not_begun_ends_too(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await sleeps()

        with self.front(app) as front:
            with front.gathered():
                stream = front.request()
                front.cancel(stream, f.DEADLINE)
            self.assertIn(TIMED_OUT, front.answer(stream).abort or '')

    def test_half_an_answer_is_cut(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send(start())
            await send(body(b'half', True))
            await sleeps()

        with self.front(app) as front:
            stream = front.request()
            self.assertEqual(front.next_of(stream).kind, f.RESPONSE)
            front.cancel(stream, f.DEADLINE)
            self.assertIn('in sleeps', front.answer(stream).abort or '')

    def test_an_app_that_catches_it_goes_on(self) -> None:
        seen: List[Any] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            try:
                await sleeps()
            except asyncio.CancelledError:
                seen.append('cancelled')
            await receive()
            seen.append((await receive())['type'])
            await asyncio.sleep(0)
            seen.append('done')

        with self.front(app) as front:
            stream = front.request()
            front.cancel(stream, f.DEADLINE)
            self.assertEqual(front.answer(stream).abort, '')
        self.assertEqual(seen, ['cancelled', 'http.disconnect', 'done'])

    def test_another_cancel_does_not_cancel_the_task(self) -> None:
        seen: List[str] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            seen.append((await receive())['type'])

        with self.front(app) as front:
            stream = front.request()
            front.cancel(stream, 1)
            self.assertEqual(front.answer(stream).abort, '')
        self.assertEqual(seen, ['http.disconnect'])

    def test_what_runs_behind_the_end_of_the_answer_is_left_alone(self) -> None:
        seen: List[str] = []
        waiting: List[asyncio.Event] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send(start())
            await send(body(b'x'))
            if scope['path'] == '/go-on':
                waiting[0].set()
                return
            waiting.append(asyncio.Event())
            await waiting[0].wait()
            seen.append('done')

        with self.front(app) as front:
            stream = front.request()
            self.assertEqual(front.answer(stream).body, b'x')
            front.cancel(stream, f.DEADLINE)
            front.get(target='/go-on')
        self.assertEqual(seen, ['done'])

    def test_a_handshake_that_is_not_answered_is_cancelled(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await sleeps()
            await send(accept())

        with self.front(app) as front:
            stream = front.websocket()
            front.cancel(stream, f.DEADLINE)
            self.assertIn(TIMED_OUT, front.answer(stream).abort or '')


class TimeoutAsyncioTest(TimeoutTest):
    """The same without uvloop."""

    uvloop = 'off'


if __name__ == '__main__':
    unittest.main()
