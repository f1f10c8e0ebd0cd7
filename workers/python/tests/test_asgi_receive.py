"""Points 8, 13, 14 and 16 of the ASGI specification's traps: what an app receives."""

from __future__ import annotations

import asyncio
import unittest
from typing import Any, List

from galley_worker import frames as f

from .asgi_apps import body, echo, sends, start
from .fake_front import FakeFront


class ReceiveTest(unittest.TestCase):
    uvloop = 'auto'

    def front(self, app: Any, **changes: Any) -> FakeFront:
        return FakeFront(app, uvloop=self.uvloop, **changes)

    def test_a_body_in_the_request_frame_is_one_message(self) -> None:
        seen: List[Any] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            seen.append(await receive())
            await echo(scope, lambda: asyncio.sleep(0, seen[0]), send)

        with self.front(app) as front:
            self.assertEqual(front.get(method='POST', body=b'hello').body, b'hello')
        self.assertEqual(seen, [{'type': 'http.request', 'body': b'hello', 'more_body': False}])

    def test_a_streamed_body_arrives_in_order_with_its_end(self) -> None:
        with self.front(echo) as front:
            stream = front.request('POST', body=b'one ', flags=0)
            self.assertTrue(front.next_of(stream).payload.endswith(b'one '))
            front.body(stream, b'two ')
            self.assertEqual(front.next_of(stream).payload, b'two ')
            front.body(stream, b'three', end=True)
            self.assertEqual(front.answer(stream).body, b'three')

    def test_a_body_that_ends_with_an_empty_frame_ends(self) -> None:
        with self.front(echo) as front:
            stream = front.request('POST', flags=0)
            front.body(stream, b'all')
            front.body(stream, b'', end=True)
            self.assertEqual(front.answer(stream).body, b'all')

    def test_credit_is_given_back_as_the_app_takes_the_body(self) -> None:
        half = f.INITIAL_WINDOW // 2

        async def app(scope: Any, receive: Any, send: Any) -> None:
            while (await receive())['more_body']:
                pass
            await send(start())
            await send(body())

        with self.front(app) as front:
            stream = front.request('POST', flags=0)
            front.body(stream, bytes(half))
            self.assertEqual(front.granted(stream), half)
            front.body(stream, bytes(half - 1))
            front.body(stream, b'x')
            self.assertEqual(front.granted(stream), half)
            front.body(stream, bytes(half), end=True)
            self.assertEqual(front.answer(stream).kinds, [f.RESPONSE])

    def test_no_credit_is_given_for_a_body_that_the_app_does_not_read(self) -> None:
        with self.front(sends(start(), body())) as front:
            stream = front.request('POST', flags=0)
            for _ in range(4):
                front.body(stream, bytes(65_536))
            self.assertEqual(front.answer(stream).kinds, [f.RESPONSE])
            self.assertEqual(front.answer(front.request()).kinds, [f.RESPONSE])

    def test_asgi_16_a_held_body_is_asked_for_when_the_app_receives(self) -> None:
        with self.front(echo) as front:
            stream = front.request('POST', flags=f.HOLD)
            self.assertEqual(front.granted(stream), f.INITIAL_WINDOW)
            front.body(stream, b'now', end=True)
            self.assertEqual(front.answer(stream).body, b'now')

    def test_asgi_16_a_held_body_that_the_app_does_not_want_is_not_asked_for(self) -> None:
        with self.front(sends(start(417), body())) as front:
            self.assertEqual(front.answer(front.request('POST', flags=f.HOLD)).kinds, [f.RESPONSE])

    def test_asgi_08_receive_after_the_body_waits_for_the_disconnect(self) -> None:
        seen: List[Any] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            waiting = asyncio.ensure_future(receive())
            await send(start())
            await send(body(b'x', True))
            seen.append(waiting.done())
            seen.append((await waiting)['type'])
            seen.append((await receive())['type'])

        with self.front(app) as front:
            stream = front.request()
            front.next_of(stream)
            front.cancel(stream)
            self.assertEqual(front.answer(stream).abort, '')
        self.assertEqual(seen, [False, 'http.disconnect', 'http.disconnect'])

    def test_asgi_08_receive_after_a_complete_answer_is_a_disconnect_each_time(self) -> None:
        seen: List[Any] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            waiting = asyncio.ensure_future(receive())
            await asyncio.sleep(0)
            early = asyncio.ensure_future(receive())
            await asyncio.sleep(0)
            await send(start())
            await send(body())
            seen.extend([(await waiting)['type'], (await early)['type'], (await receive())['type']])

        front = self.front(app)
        with front as connection:
            connection.get()
        self.assertEqual(seen, ['http.request', 'http.disconnect', 'http.disconnect'])

    def test_asgi_08_a_disconnect_inside_the_body_drops_what_was_not_read(self) -> None:
        seen: List[Any] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            seen.append((await receive())['type'])

        with self.front(app) as front:
            stream = front.request('POST', body=b'part', flags=0)
            front.cancel(stream)
            self.assertEqual(front.answer(stream).abort, '')
        self.assertEqual(seen, ['http.disconnect'])

    def test_asgi_13_send_after_the_disconnect_raises_an_os_error_that_is_not_logged(self) -> None:
        seen: List[Any] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await receive()
            try:
                await send(start())
            except Exception as error:
                seen.append(error)
                raise RuntimeError('as frameworks do') from error

        with self.front(app) as front:
            stream = front.request()
            front.cancel(stream)
            self.assertEqual(front.answer(stream).abort, '')
        self.assertIsInstance(seen[0], OSError)

    def test_asgi_13_a_send_that_waits_for_credit_raises_too(self) -> None:
        with self.front(sends(start(), body(bytes(f.INITIAL_WINDOW + 1)))) as front:
            stream = front.request()
            for _ in range(4):
                front.next_of(stream)
            front.cancel(stream)
            self.assertEqual(front.answer(stream).abort, '')

    def test_asgi_13_another_exception_after_the_disconnect_is_logged(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await receive()
            raise LookupError('clean-up failed')

        with self.front(app) as front:
            stream = front.request()
            front.cancel(stream)
            self.assertIn('clean-up failed', front.answer(stream).abort or '')

    def test_asgi_14_a_cancelled_receive_raises_cancelled_error(self) -> None:
        seen: List[str] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            waiting = asyncio.ensure_future(receive())
            await asyncio.sleep(0)
            waiting.cancel()
            try:
                await waiting
            except asyncio.CancelledError:
                seen.append('cancelled')
            await send(start())
            await send(body())

        with self.front(app) as front:
            self.assertEqual(front.get().status, 200)
        self.assertEqual(seen, ['cancelled'])

    def test_frames_for_streams_that_have_ended_are_ignored(self) -> None:
        with self.front(sends(start(), body())) as front:
            stream = front.request()
            front.answer(stream)
            front.cancel(stream)
            front.window(stream, 5)
            front.body(stream, b'late', end=True)
            self.assertEqual(front.get().status, 200)

    def test_several_fronts_are_served_by_one_worker(self) -> None:
        front = FakeFront(echo, connections=2, uvloop=self.uvloop)
        with front:
            for connection in front.connections:
                self.assertEqual(connection.hello['worker'], 7)
                self.assertEqual(connection.get(method='POST', body=b'x').body, b'x')

    def test_hello_says_who_the_worker_is(self) -> None:
        with self.front(echo, concurrency=50) as front:
            hello = front.hello
        self.assertEqual(
            (hello['protocol'], hello['worker'], hello['interface'], hello['concurrency']), (2, 7, 'asgi3', 50)
        )
        self.assertGreater(hello['pid'], 0)

    def test_asgi_27_an_asgi2_app_is_called_twice(self) -> None:
        class App:
            def __init__(self, scope: Any) -> None:
                self.scope = scope

            async def __call__(self, receive: Any, send: Any) -> None:
                await echo(self.scope, receive, send)

        with self.front(App, interface='asgi2') as front:
            self.assertEqual(front.hello['interface'], 'asgi2')
            self.assertEqual(front.get(method='POST', body=b'two').body, b'two')


class AsyncioReceiveTest(ReceiveTest):
    """The same without uvloop."""

    uvloop = 'off'


if __name__ == '__main__':
    unittest.main()
