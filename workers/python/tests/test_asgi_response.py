"""Points 8 to 17 of the ASGI specification's traps: what an app sends."""

from __future__ import annotations

import asyncio
import threading
import unittest
from http import HTTPStatus
from typing import Any, List

from galley_worker import frames as f

from .asgi_apps import body, sends, start
from .fake_front import FakeFront, request_head

LENGTH_5 = [(b'content-length', b'5')]


class ResponseTest(unittest.TestCase):
    uvloop = 'auto'

    def front(self, app: Any, **changes: Any) -> FakeFront:
        return FakeFront(app, uvloop=self.uvloop, **changes)

    def test_start_and_a_whole_body_leave_as_one_frame(self) -> None:
        with self.front(sends(start(201, [(b'X-A', b'1'), (b'x-a', b'2')]), body(b'hello'))) as front:
            answer = front.get()
        self.assertEqual((answer.status, answer.reason, answer.body), (201, '', b'hello'))
        self.assertEqual(answer.headers, [('X-A', '1'), ('x-a', '2')])
        self.assertEqual(answer.kinds, [f.RESPONSE])

    def test_many_requests_in_one_write_are_answered_in_one(self) -> None:
        with self.front(sends(start(), body(b'hello'))) as front:
            head = request_head(('http', '', '0', '', '0'), 'GET', '1.1', '/', '', [])
            frames = [
                f.pack_header(4 + len(head), f.REQUEST, f.END, 0, stream) + f.pack_u32(len(head)) + head
                for stream in range(1, 51)
            ]
            front.socket.sendall(b''.join(frames))
            data = front.socket.recv(65536)
        self.assertEqual(len(data), 50 * (19 + 5 + 5))

    def test_a_streamed_body_leaves_piece_by_piece(self) -> None:
        released = threading.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send(start())
            await send(body(b'one', True))
            released.wait(10)  # blocks the event loop: the piece must be gone already (point 10)
            await send(body(b'two'))

        with self.front(app) as front:
            stream = front.request()
            first = front.next_of(stream)
            self.assertTrue(first.payload.endswith(b'one'))
            released.set()
            second = front.next_of(stream)
            self.assertEqual((second.payload, second.ends), (b'two', True))

    def test_asgi_09_the_head_is_held_until_the_first_body(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send(start())
            raise LookupError('after start')

        with self.front(app) as front:
            answer = front.get()
        self.assertEqual(answer.kinds, [f.ABORT])
        self.assertIn("LookupError: after start", answer.abort or '')

    def test_asgi_09_a_head_without_a_body_leaves_alone_when_none_comes(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send(start())
            await receive()
            await receive()
            await send(body(b'never'))

        with self.front(app) as front:
            stream = front.request()
            head = front.next_of(stream)
            self.assertEqual((head.kind, head.ends), (f.RESPONSE, False))
            front.cancel(stream)
            self.assertEqual(front.next_of(stream).kind, f.ABORT)

    def test_asgi_09_a_body_may_follow_a_head_that_left_alone(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send(start())
            await receive()
            await send(body(b'late'))

        with self.front(app) as front:
            stream = front.request(flags=0)
            self.assertEqual(front.next_of(stream).kind, f.RESPONSE)
            front.body(stream, b'', True)
            self.assertEqual(front.next_of(stream).payload, b'late')

    def test_asgi_09_an_empty_body_with_more_to_come_sends_the_head(self) -> None:
        with self.front(sends(start(), body(b'', True), body(b'x'))) as front:
            self.assertEqual(front.get().kinds, [f.RESPONSE, f.BODY])

    def test_asgi_09_an_exception_after_the_head_aborts_with_the_apps_frames_only(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send(start())
            await send(body(b'part', True))
            raise LookupError('half way')

        with self.front(app) as front:
            answer = front.get()
        self.assertEqual((answer.kinds, answer.body), ([f.RESPONSE, f.ABORT], b'part'))
        self.assertIn('test_asgi_response.py', answer.abort or '')
        self.assertNotIn('request.py', answer.abort or '')

    def test_asgi_10_a_body_beyond_the_credit_waits_for_it(self) -> None:
        sent: List[int] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send(start())
            for _ in range(8):
                await send(body(bytes(100_000), True))
                sent.append(1)
            await send(body())

        with self.front(app) as front:
            stream = front.request()
            total = 0
            while total < f.INITIAL_WINDOW:
                frame = front.next_of(stream)
                size = len(frame.payload) - (12 if frame.kind == f.RESPONSE else 0)
                self.assertLessEqual(size, f.MAX_BODY)
                total += size
            self.assertEqual((total, len(sent)), (f.INITIAL_WINDOW, 2))
            front.window(stream, 10_000_000)
            self.assertEqual(total + len(front.answer(stream).body), 800_000)

    def test_asgi_10_an_empty_end_needs_no_credit(self) -> None:
        with self.front(sends(start(), body(bytes(f.INITIAL_WINDOW), True), body())) as front:
            self.assertEqual(len(front.get().body), f.INITIAL_WINDOW)

    def test_asgi_10_a_front_that_does_not_read_stops_the_app(self) -> None:
        sent: List[int] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send(start())
            for _ in range(200):
                await send(body(bytes(65_536), True))
                sent.append(1)
            await send(body())

        with self.front(app) as front:
            stream = front.request()
            front.window(stream, 100_000_000)
            other = front.request()  # answered once the app above is stuck: its loop is free then
            front.window(other, 100_000_000)
            first = front.next_of(stream)
            self.assertLess(len(sent), 200)
            rest = front.answer(stream)
            self.assertEqual(len(first.payload) - 12 + len(rest.body), 200 * 65_536)
            self.assertEqual(len(front.answer(other).body), 200 * 65_536)

    def test_asgi_11_an_app_may_send_transfer_encoding_and_the_front_drops_it(self) -> None:
        with self.front(sends(start(200, [(b'transfer-encoding', b'chunked')]), body(b'x'))) as front:
            self.assertEqual(front.get().body, b'x')

    def test_asgi_12_misuse_raises_in_the_app_and_aborts(self) -> None:
        cases = {
            'body before start': (body(b'x'),),
            'start twice': (start(), start()),
            'start after body': (start(), body(b'x', True), start()),
            'too long': (start(200, LENGTH_5), body(b'123456')),
            'too short': (start(200, LENGTH_5), body(b'1234')),
            'too short in pieces': (start(200, LENGTH_5), body(b'12', True), body(b'3')),
            'unknown message': (start(), {'type': 'http.response.other'}),
            'str body': (start(), {'type': 'http.response.body', 'body': 'text'}),
            'number as body': (start(), {'type': 'http.response.body', 'body': 5}),
            'informational status': (start(101), body()),
            'status out of range': (start(600), body()),
            'content-length that is no number': (start(200, [(b'content-length', b'+5')]), body(b'12345')),
            'too long for a length in another case': (start(200, [(b'Content-Length', b'5')]), body(b'123456')),
            'too short for a length in another case': (start(200, [(b'CONTENT-LENGTH', b'5')]), body(b'1234')),
            'more headers than fit': (start(200, [(b'x', bytes(f.MAX_PAYLOAD * 2))]), body()),
        }
        for name, messages in cases.items():
            with self.subTest(name), self.front(sends(*messages)) as front:
                self.assertIn('Error: ', front.get().abort or '')

    def test_asgi_12_a_message_after_the_last_one_is_an_error_that_is_logged(self) -> None:
        with self.front(sends(start(), body(b'x'), body(b'y'))) as front:
            stream = front.request()
            self.assertIsNone(front.answer(stream).abort)
            self.assertIn('the response is complete', front.answer(stream).abort or '')

    def test_asgi_12_an_app_that_returns_without_an_answer_aborts(self) -> None:
        for messages in ((), (start(),), (start(), body(b'x', True))):
            with self.subTest(len(messages)), self.front(sends(*messages)) as front:
                self.assertIn('without a complete response', front.get().abort or '')

    def test_asgi_12_the_declared_length_in_several_pieces_passes(self) -> None:
        with self.front(sends(start(200, LENGTH_5), body(b'12', True), body(b'', True), body(b'345'))) as front:
            self.assertEqual(front.get().body, b'12345')

    def test_what_a_header_holds_cannot_be_taken_for_another_header(self) -> None:
        fields = [('x\ny', 'a\nset-cookie: x'), ('z', 'a\r\n\0')]
        with self.front(sends(start(200, [(n.encode(), v.encode()) for n, v in fields]), body())) as front:
            self.assertEqual(front.get().headers, fields)  # as they are: the front refuses them

    def test_headers_that_cannot_be_sent_raise_in_the_app(self) -> None:
        with self.front(sends(start(200, [(b'x', object())]), body())) as front:
            self.assertIn('unmarshallable', front.get().abort or '')

    def test_header_values_may_hold_tabs_and_bytes_above_ascii(self) -> None:
        with self.front(sends(start(200, [(b'x', b'a\t\xff')]), body())) as front:
            self.assertEqual(front.get().headers, [('x', 'a\t\xff')])

    def test_an_enumerated_status_bytearrays_and_missing_keys_pass(self) -> None:
        messages = ({'type': 'http.response.start', 'status': HTTPStatus.ACCEPTED}, {'type': 'http.response.body'})
        with self.front(sends(*messages)) as front:
            self.assertEqual(front.get().status, 202)
        with self.front(sends(start(), {'type': 'http.response.body', 'body': bytearray(b'x')})) as front:
            self.assertEqual(front.get().body, b'x')

    def test_asgi_15_answers_that_have_no_body_carry_none(self) -> None:
        long = [(b'content-length', b'50')]
        for method, status in (('HEAD', 200), ('GET', 304)):
            app = sends(start(status, long), body(b'x' * 20, True), body(b'y' * 20))
            with self.subTest(status), self.front(app) as front:
                answer = front.get(method=method)
                self.assertEqual((answer.body, answer.abort), (b'', None))
                self.assertEqual(answer.header('content-length'), '50')
        with self.front(sends(start(204), body(b'x' * 20))) as front:
            self.assertEqual((front.get().body, front.get().abort), (b'', None))

    def test_asgi_15_an_endless_answer_to_head_ends_when_the_front_has_enough(self) -> None:
        seen: List[Any] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            leaving = asyncio.ensure_future(receive())
            await send(start())
            try:
                while True:
                    await send(body(b'x' * 1000, True))
            except OSError as error:
                seen.extend([type(error).__name__, await leaving, await receive()])
                raise

        with self.front(app) as front:
            stream = front.request(method='HEAD')
            head = front.next_of(stream)
            self.assertEqual((head.kind, head.ends), (f.RESPONSE, False))
            front.cancel(stream)
            answer = front.answer(stream)
            self.assertEqual((answer.kinds, answer.abort), ([f.ABORT], ''))
        self.assertEqual(seen, ['ClientDisconnected', *[{'type': 'http.disconnect'}] * 2])

    def test_an_exception_after_the_answer_is_sent_as_text_on_the_ended_stream(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send(start())
            await send(body(b'done'))
            raise LookupError('in the background')

        with self.front(app) as front:
            stream = front.request()
            self.assertEqual(front.answer(stream).body, b'done')
            self.assertIn('in the background', front.answer(stream).abort or '')

    def test_asgi_14_a_send_cancelled_within_a_body_cuts_the_answer(self) -> None:
        seen: List[str] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send(start())
            sending = asyncio.ensure_future(send(body(bytes(f.INITIAL_WINDOW + 1), True)))
            await asyncio.sleep(0)
            sending.cancel()
            try:
                await sending
            except asyncio.CancelledError:
                seen.append('cancelled')
            seen.append((await receive())['type'])
            await send(body(b'the rest'))

        with self.front(app) as front:
            answer = front.get()
            self.assertIn('cancelled a send', answer.abort or '')
        self.assertEqual((seen, list(front.frames)), (['cancelled', 'http.disconnect'], []))

    def test_a_cancelled_task_and_system_exit_end_their_stream_alone(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope['path'] == '/cancel':
                task = asyncio.current_task()
                assert task
                task.cancel()
                await asyncio.sleep(5)
            raise SystemExit(0)

        with self.front(app) as front:
            self.assertIn('CancelledError', front.get(target='/cancel').abort or '')
            self.assertIn('SystemExit', front.get().abort or '')

    def test_an_exception_whose_attributes_raise_ends_the_stream_all_the_same(self) -> None:
        class Contrary(Exception):
            def __getattr__(self, name: str) -> Any:
                raise KeyError(name)

        async def app(scope: Any, receive: Any, send: Any) -> None:
            raise Contrary

        with self.front(app) as front:
            self.assertIn('Contrary', front.get().abort or '')

    def test_drain_waits_for_requests_and_what_runs_after_their_answer(self) -> None:
        done: List[str] = []
        go = threading.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send(start())
            await send(body(b'x'))
            while not go.is_set():
                await asyncio.sleep(0.001)
            done.append('background')

        front = self.front(app)
        with front as connection:
            connection.get()
            connection.send(f.DRAIN, 0, 0)
            self.assertEqual(done, [])
            go.set()
            front.drain()
            self.assertEqual(done, ['background'])


class AsyncioResponseTest(ResponseTest):
    """The same without uvloop."""

    uvloop = 'off'


if __name__ == '__main__':
    unittest.main()
