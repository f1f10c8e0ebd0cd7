"""A WS_CLOSE of the front comes before messages that still wait for credit (frame.md, "WebSockets" 3 and 4)."""

from __future__ import annotations

import asyncio
import unittest
from typing import Any, List

from galley_worker import frames as f

from .asgi_apps import accept, body, close, say, sends, start
from .fake_front import Connection, FakeFront

BIG = bytes(f.MAX_BODY)


class App:
    """Accepts and waits for a request of /go; then takes all that it gets, up to the first disconnect and one more."""

    def __init__(self) -> None:
        self.seen: List[Any] = []
        self._go: List[asyncio.Event] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope['type'] == 'http':
            if scope['path'] == '/go':
                self._go[0].set()
            await sends(start(), body())(scope, receive, send)
            return
        self._go.append(asyncio.Event())
        await receive()
        await send(accept())
        await self._go[0].wait()
        await self.talk(receive, send)

    async def talk(self, receive: Any, send: Any) -> None:
        try:
            await send(say('x'))
        except OSError:
            self.seen.append('OSError')
        for _ in range(2):
            message = await receive()
            while message['type'] != 'websocket.disconnect':
                self.seen.append(message.get('text') or len(message['bytes']))
                message = await receive()
            self.seen.append((message['code'], message['reason']))


class LateMessagesTest(unittest.TestCase):
    uvloop = 'auto'

    def setUp(self) -> None:
        self.app = App()

    def front(self) -> FakeFront:
        return FakeFront(self.app, uvloop=self.uvloop)

    def go(self, front: Connection) -> None:
        front.get(target='/go')

    def test_send_fails_at_once_and_receive_gives_what_follows_first(self) -> None:
        with self.front() as front:
            stream = front.open()
            front.say(stream, 'one')
            front.close_websocket(stream, 4000, 'bye', more=True)
            front.say(stream, 'two')
            self.go(front)
            front.say(stream, 'three')
            front.body(stream, b'', True)
            self.assertEqual(front.answer(stream).kinds, [f.BODY])
        self.assertEqual(self.app.seen, ['OSError', 'one', 'two', 'three', (4000, 'bye'), (4000, 'bye')])

    def test_credit_for_what_follows_is_given_back_as_it_is_taken(self) -> None:
        with self.front() as front:
            stream = front.open()
            for _ in range(3):
                front.say(stream, BIG)
            front.close_websocket(stream, 1000, more=True)
            front.get()
            self.assertEqual(list(front.frames), [])
            self.go(front)
            self.assertEqual(front.granted(stream), 2 * (f.MAX_BODY + f.FRAME_CREDIT))
            front.say(stream, 'last')
            front.body(stream, b'', True)
            self.assertEqual(front.answer(stream).kinds, [f.BODY])
        self.assertEqual(self.app.seen, ['OSError', *[len(BIG)] * 3, 'last', (1000, ''), (1000, '')])

    def test_a_close_may_stand_between_the_pieces_of_a_message(self) -> None:
        with self.front() as front:
            stream = front.open()
            front.say(stream, 'one ', more=True)
            front.close_websocket(stream, 1001, more=True)
            front.say(stream, 'message', text=True)
            front.body(stream, b'', True)
            self.go(front)
            self.assertEqual(front.answer(stream).kinds, [f.BODY])
        self.assertEqual(self.app.seen, ['OSError', 'one message', (1001, ''), (1001, '')])

    def test_a_message_without_its_end_is_dropped(self) -> None:
        for is_last in (True, False):
            self.app = App()
            with self.front() as front:
                stream = front.open()
                front.say(stream, 'whole')
                front.say(stream, 'half', more=True)
                front.close_websocket(stream, 1006, more=not is_last)
                if not is_last:
                    front.say(stream, 'of it', more=True, text=True)
                    front.body(stream, b'', True)
                self.go(front)
                self.assertEqual(front.answer(stream).kinds, [f.BODY])
            self.assertEqual(self.app.seen, ['OSError', 'whole', (1006, ''), (1006, '')])

    def test_a_receive_that_waits_gets_the_disconnect_with_the_end(self) -> None:
        with self.front() as front:
            stream = front.open()
            self.go(front)
            self.assertEqual(front.hear(stream), 'x')
            front.close_websocket(stream, 4001, more=True)
            front.get()
            self.assertEqual(self.app.seen, [])
            front.body(stream, b'', True)
            self.assertEqual(front.answer(stream).kinds, [f.BODY])
        self.assertEqual(self.app.seen, [(4001, '')] * 2)

    def test_a_client_that_is_gone_ends_what_was_to_follow(self) -> None:
        with self.front() as front:
            stream = front.open()
            front.say(stream, 'one')
            front.close_websocket(stream, 4001, more=True)
            front.cancel(stream)
            self.go(front)
            self.assertEqual(front.answer(stream).kinds, [f.BODY])
        self.assertEqual(self.app.seen, ['OSError', 'one', (4001, ''), (4001, '')])

    def test_after_the_apps_own_close_nothing_more_is_delivered(self) -> None:
        class Closing(App):
            async def talk(self, receive: Any, send: Any) -> None:
                await send(close(code=4002))
                await App.talk(self, receive, send)

        self.app = Closing()
        with self.front() as front:
            stream = front.open()
            front.say(stream, 'queued')
            front.say(stream, 'half', more=True)
            self.go(front)
            self.assertEqual(front.closing(stream), (4002, ''))
            self.assertEqual(front.answer(stream).kinds, [f.BODY])
        self.assertEqual(self.app.seen, ['OSError', (4002, ''), (4002, '')])


class AsyncioLateMessagesTest(LateMessagesTest):
    """The same without uvloop."""

    uvloop = 'off'


if __name__ == '__main__':
    unittest.main()
