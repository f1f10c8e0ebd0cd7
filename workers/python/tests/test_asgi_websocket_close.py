"""Point 22 of the ASGI specification's traps, and 13 and 14 for WebSockets: how one ends."""

from __future__ import annotations

import asyncio
import unittest
from typing import Any, List, Tuple

from galley_worker import frames as f

from .asgi_apps import accept, body, close, say, sends, start, websocket_echo
from .fake_front import FakeFront


class Disconnected(Exception):
    """What frameworks raise for a `websocket.disconnect`."""

    def __init__(self, code: int) -> None:
        self.code = code


def disconnect(code: int, reason: str = '') -> Any:
    return {'type': 'websocket.disconnect', 'code': code, 'reason': reason}


class WebSocketCloseTest(unittest.TestCase):
    uvloop = 'auto'

    def front(self, app: Any, **changes: Any) -> FakeFront:
        return FakeFront(app, uvloop=self.uvloop, **changes)

    def test_asgi_22_the_app_closes_with_a_code_and_a_reason(self) -> None:
        cases: Tuple[Any, ...] = (
            ({}, (1000, '')),
            ({'code': None, 'reason': None}, (1000, '')),
            ({'code': 4999, 'reason': 'ü' * 61 + 'x'}, (4999, 'ü' * 61 + 'x')),
            ({'code': 1012}, (1012, '')),
        )
        for fields, expected in cases:
            with self.subTest(fields), self.front(sends(accept(), close(**fields))) as front:
                stream = front.open()
                self.assertEqual(front.closing(stream), expected)
                self.assertEqual(front.answer(stream).kinds, [f.BODY])

    def test_asgi_22_what_no_close_frame_can_carry_raises(self) -> None:
        for fields in ({'code': 1005}, {'code': 1006}, {'code': 1015}, {'code': 999}, {'code': 5000}, {'reason': 'ü' * 62}):
            with self.subTest(fields), self.front(sends(accept(), close(**fields))) as front:
                self.assertIn('ValueError: Cannot close', front.answer(front.open()).abort or '')

    def test_asgi_22_the_client_s_code_and_reason_reach_the_app_after_its_messages(self) -> None:
        seen: List[Any] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send(accept())
            seen.extend([(await receive())['text'], (await receive())['text']])
            seen.extend([await receive(), await receive()])

        with self.front(app) as front:
            for code, reason in ((4000, 'bye ü'), (1005, ''), (1006, '')):
                stream = front.open()
                with front.gathered():
                    front.say(stream, 'one')
                    front.say(stream, 'two')
                    front.close_websocket(stream, code, reason)
                self.assertEqual(front.answer(stream).kinds, [f.BODY])
                self.assertEqual(seen, ['one', 'two', disconnect(code, reason), disconnect(code, reason)])
                seen.clear()

    def test_asgi_22_after_its_own_close_the_app_receives_that_close(self) -> None:
        seen: List[Any] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send(accept())
            waiting = asyncio.ensure_future(receive())
            await asyncio.sleep(0)
            await send(close(code=4001, reason='enough'))
            seen.extend([await waiting, await receive()])
            try:
                await send(say('late'))
            except OSError:
                seen.append('OSError')

        with self.front(app) as front:
            stream = front.open()
            self.assertEqual(front.closing(stream), (4001, 'enough'))
            self.assertEqual(front.answer(stream).kinds, [f.BODY])
        self.assertEqual(seen, [disconnect(4001, 'enough')] * 2 + ['OSError'])

    def test_asgi_22_frames_that_cross_with_the_apps_close_are_ignored(self) -> None:
        seen: List[Any] = []
        crossed: List[asyncio.Event] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope['type'] == 'http':
                crossed[0].set()
                await sends(start(), body())(scope, receive, send)
                return
            crossed.append(asyncio.Event())
            await receive()
            await send(accept())
            await send(close(code=4001))
            await crossed[0].wait()
            seen.append(await receive())

        with self.front(app) as front:
            stream = front.open()
            self.assertEqual(front.closing(stream), (4001, ''))
            front.say(stream, 'crossed')
            front.close_websocket(stream, 4002)
            front.window(stream, 10)
            front.get()
            self.assertEqual(front.answer(stream).kinds, [f.BODY])
        self.assertEqual(seen, [disconnect(4001)])

    def test_more_headers_than_fit_a_frame_fail_the_handshake_alone(self) -> None:
        with self.front(sends(accept(headers=[(b'x', bytes(f.MAX_PAYLOAD))]))) as front:
            for _ in range(2):
                answer = front.answer(front.websocket())
                self.assertEqual(answer.kinds, [f.ABORT])
                self.assertIn('bytes of headers: 65536 are the most', answer.abort or '')

    def test_asgi_22_an_exception_after_accept_aborts_with_the_apps_frames_only(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send(accept())
            raise LookupError('room is gone')

        with self.front(app) as front:
            abort = front.answer(front.open()).abort or ''
        self.assertIn('LookupError: room is gone', abort)
        self.assertNotIn('galley_worker', abort)

    def test_asgi_13_send_after_the_client_left_raises_an_os_error_that_is_not_logged(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send(accept())
            await receive()
            try:
                await send(say('x'))
            except OSError as error:
                raise RuntimeError('as frameworks do') from error

        with self.front(app) as front:
            stream = front.open()
            front.close_websocket(stream, 1001)
            self.assertEqual(front.answer(stream).kinds, [f.BODY])

    def test_asgi_13_a_client_that_leaves_before_accept_is_a_disconnect_with_1006(self) -> None:
        seen: List[Any] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            seen.extend([await receive(), await receive()])
            await send(accept())

        with self.front(app) as front:
            stream = front.websocket()
            front.cancel(stream)
            self.assertEqual(front.answer(stream).abort, '')
        self.assertEqual(seen, [{'type': 'websocket.connect'}, disconnect(1006)])

    def test_asgi_13_a_send_that_waits_for_credit_raises_when_the_client_leaves(self) -> None:
        with self.front(sends(accept(), say(bytes(2 * f.INITIAL_WINDOW)))) as front:
            stream = front.open()
            for _ in range(4):
                front.next_of(stream)
            front.close_websocket(stream, 1006)
            self.assertEqual(front.answer(stream).kinds, [f.BODY])

    def test_asgi_13_an_exception_that_has_the_disconnect_s_code_is_not_logged(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send(accept())
            raise Disconnected((await receive())['code'])

        with self.front(app) as front:
            stream = front.open()
            front.close_websocket(stream, 1001)
            self.assertEqual(front.answer(stream).kinds, [f.BODY])

    def test_asgi_13_any_other_exception_after_the_disconnect_is_logged(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send(accept())
            code = (await receive())['code']
            try:
                raise Disconnected(code)
            except Disconnected:
                raise LookupError('clean-up failed')

        with self.front(app) as front:
            stream = front.open()
            front.close_websocket(stream, 1001)
            self.assertIn('clean-up failed', front.answer(stream).abort or '')

    def test_asgi_13_an_exception_with_a_code_while_the_client_is_there_is_logged(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send(accept())
            raise Disconnected(1006)

        with self.front(app) as front:
            self.assertIn('Disconnected', front.answer(front.open()).abort or '')

    def test_asgi_14_a_cancelled_receive_raises_and_loses_no_message(self) -> None:
        seen: List[Any] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send(accept())
            for _ in range(3):
                try:
                    await asyncio.wait_for(receive(), 0)
                except asyncio.TimeoutError:
                    seen.append('timeout')
            waiting = asyncio.ensure_future(receive())
            await asyncio.sleep(0)
            waiting.cancel()
            try:
                await waiting
            except asyncio.CancelledError:
                seen.append('cancelled')
            await send(say('now'))
            seen.extend([(await receive())['text'], (await receive())['text']])

        with self.front(app) as front:
            stream = front.open()
            self.assertEqual(front.hear(stream), 'now')
            front.say(stream, 'one')
            front.say(stream, 'two')
            front.answer(stream)
        self.assertEqual(seen, ['timeout'] * 3 + ['cancelled', 'one', 'two'])

    def test_a_worker_that_drains_waits_for_its_websockets(self) -> None:
        front = self.front(websocket_echo)
        with front as connection:
            stream = connection.open()
            connection.send(f.DRAIN, 0, 0)
            connection.say(stream, 'still here')
            self.assertEqual(connection.hear(stream), 'still here')
            connection.close_websocket(stream, 1012)
            self.assertEqual(connection.answer(stream).kinds, [f.BODY])
            front.drain()


class AsyncioWebSocketCloseTest(WebSocketCloseTest):
    """The same without uvloop."""

    uvloop = 'off'


if __name__ == '__main__':
    unittest.main()
