"""Points 10 and 23 of the ASGI specification's traps for WebSockets: neither side can flood the other."""

from __future__ import annotations

import asyncio
import unittest
from typing import Any, List

from galley_worker import frames as f
from galley_worker.asgi.incoming_messages import IncomingMessages

from .asgi_apps import accept, body, close, echo_messages, say, sends, start
from .fake_front import FakeFront


def held_app() -> Any:
    """An echo that takes no message before a request for /go."""
    go: List[asyncio.Event] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope['type'] == 'http':
            if scope['path'] == '/go':
                go[0].set()
            await sends(start(), body())(scope, receive, send)
            return
        go.append(asyncio.Event())

        async def take() -> Any:
            await go[0].wait()
            return await receive()

        await receive()
        await send(accept())
        await echo_messages(take, send)

    return app


class WebSocketFlowTest(unittest.TestCase):
    uvloop = 'auto'

    def front(self, app: Any, **changes: Any) -> FakeFront:
        return FakeFront(app, uvloop=self.uvloop, **changes)

    def test_asgi_10_a_message_beyond_the_credit_waits_for_it(self) -> None:
        message = bytes(range(256)) * 2_000
        with self.front(sends(accept(), say(message), say('next'))) as front:
            stream = front.open()
            pieces: List[bytes] = []
            while sum(len(piece) + f.FRAME_CREDIT for piece in pieces) < f.INITIAL_WINDOW:
                frame = front.next_of(stream)
                self.assertEqual((frame.kind, frame.flags), (f.WS_MESSAGE, f.MORE))
                self.assertLessEqual(len(frame.payload), f.MAX_BODY)
                pieces.append(frame.payload)
            front.window(stream, 10_000_000)
            rest = front.hear(stream)
            assert isinstance(rest, bytes)
            self.assertEqual(b''.join(pieces) + rest, message)
            self.assertEqual(front.hear(stream), 'next')

    def test_asgi_10_empty_messages_use_credit_too(self) -> None:
        count = f.INITIAL_WINDOW // f.FRAME_CREDIT
        sent: List[int] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send(accept())
            for number in range(count + 1):
                await send(say(b''))
                sent.append(number)

        with self.front(app) as front:
            stream = front.open()
            for _ in range(count):
                self.assertEqual(front.hear(stream), b'')
            self.assertEqual(len(sent), count)
            front.window(stream, f.FRAME_CREDIT)
            self.assertEqual(front.hear(stream), b'')

    def test_asgi_10_a_front_that_does_not_read_stops_the_app(self) -> None:
        sent: List[int] = []
        count = 200

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send(accept())
            await receive()
            for number in range(count):
                await send(say(bytes(65_000)))
                sent.append(number)
                await asyncio.sleep(0)  # what was sent leaves at the end of the turn

        with self.front(app) as front:
            stream = front.open()
            front.window(stream, 100_000_000)
            front.say(stream, 'go')
            other = front.open()  # answered once the app above is stuck: its loop is free then
            self.assertLess(len(sent), count)
            for _ in range(count):
                self.assertEqual(front.hear(stream), bytes(65_000))
            front.close_websocket(other)

    def test_messages_of_several_tasks_are_never_mixed(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send(accept())
            await asyncio.gather(*(send(say(bytes([number]) * 100_000)) for number in range(10)), send(say('small')))
            await send(close())

        with self.front(app) as front:
            stream = front.open()
            for _ in range(50):
                front.window(stream, 25_000)
            heard = [front.hear(stream) for _ in range(11)]
            self.assertEqual(heard, [bytes([number]) * 100_000 for number in range(10)] + ['small'])
            self.assertEqual(front.closing(stream), (1000, ''))

    def test_a_close_waits_for_the_message_of_another_task(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send(accept())
            sending = asyncio.ensure_future(send(say(bytes(400_000))))
            await asyncio.sleep(0)
            await send(close(code=4000))
            await sending

        with self.front(app) as front:
            stream = front.open()
            front.window(stream, 400_000)
            self.assertEqual(front.hear(stream), bytes(400_000))
            self.assertEqual(front.closing(stream), (4000, ''))

    def test_asgi_14_a_send_cancelled_between_two_pieces_ends_the_websocket(self) -> None:
        seen: List[Any] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send(accept())
            sending = asyncio.ensure_future(send(say(bytes(400_000))))
            await receive()
            sending.cancel()
            try:
                await sending
            except asyncio.CancelledError:
                seen.append('cancelled')
            seen.append((await receive())['code'])
            try:
                await send(say('more'))
            except OSError:
                seen.append('OSError')

        with self.front(app) as front:
            stream = front.open()
            front.say(stream, 'cancel it')
            answer = front.answer(stream)
            self.assertIn('cancelled a send', answer.abort or '')
        self.assertEqual(seen, ['cancelled', 1011, 'OSError'])
        self.assertEqual(list(front.frames), [])

    def test_asgi_14_a_send_cancelled_before_its_first_piece_leaves_the_websocket_open(self) -> None:
        cancelled: List[asyncio.Event] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope['type'] == 'http':
                await cancelled[0].wait()
                await sends(start(), body())(scope, receive, send)
                return
            cancelled.append(asyncio.Event())
            await receive()
            await send(accept())
            await send(say(bytes(f.INITIAL_WINDOW - 4 * f.FRAME_CREDIT)))  # all the credit, in four pieces
            first, second = (asyncio.ensure_future(send(say('never sent'))) for _ in range(2))
            await asyncio.sleep(0)
            first.cancel()
            second.cancel()
            await asyncio.wait([first, second])
            cancelled[0].set()
            await send(say('after all'))

        with self.front(app) as front:
            stream = front.open()
            front.hear(stream)
            front.get()
            front.window(stream, f.INITIAL_WINDOW)
            self.assertEqual(front.hear(stream), 'after all')

    def test_asgi_23_messages_that_the_app_does_not_take_keep_their_credit(self) -> None:
        message = bytes(50_000)
        with self.front(held_app()) as front:
            stream = front.open()
            for _ in range(3):
                front.say(stream, message)
            front.get()  # what came before it has been read
            self.assertEqual(list(front.frames), [])
            front.get(target='/go')
            self.assertEqual([front.hear(stream) for _ in range(2)], [message] * 2)
            self.assertEqual(front.granted(stream), 3 * (50_000 + f.FRAME_CREDIT))
            self.assertEqual(front.hear(stream), message)
            front.close_websocket(stream)

    def test_asgi_23_pieces_give_their_credit_back_so_that_a_long_message_can_end(self) -> None:
        with self.front(held_app()) as front:
            stream = front.open()
            front.say(stream, bytes(f.MAX_BODY), more=True)
            front.say(stream, bytes(f.MAX_BODY), more=True)
            self.assertEqual(front.granted(stream), 2 * (f.MAX_BODY + f.FRAME_CREDIT))
            front.say(stream, b'end')
            front.get(target='/go')
            self.assertEqual(front.hear(stream), bytes(2 * f.MAX_BODY) + b'end')
            front.close_websocket(stream)

    def test_asgi_23_a_piece_longer_than_a_frame_may_be_is_refused(self) -> None:
        messages = IncomingMessages()
        messages.push(0, bytes(f.MAX_BODY))
        with self.assertRaises(f.FrameError):
            messages.push(0, bytes(f.MAX_BODY + 1))


class AsyncioWebSocketFlowTest(WebSocketFlowTest):
    """The same without uvloop."""

    uvloop = 'off'


if __name__ == '__main__':
    unittest.main()
