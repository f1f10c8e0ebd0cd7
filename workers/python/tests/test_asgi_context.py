"""Tasks and context variables: every request and WebSocket has its own."""

from __future__ import annotations

import asyncio
import contextvars
import unittest
from typing import Any, List

from .asgi_apps import accept, body, echo, sends, start
from .fake_front import FakeFront

variable: contextvars.ContextVar[str] = contextvars.ContextVar('variable', default='default')


class ContextTest(unittest.TestCase):
    uvloop = 'auto'

    def front(self, app: Any, **changes: Any) -> FakeFront:
        return FakeFront(app, uvloop=self.uvloop, **changes)

    def test_what_one_request_sets_is_unseen_by_lifespan_and_others(self) -> None:
        seen: List[Any] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            seen.append((scope['type'], variable.get()))
            variable.set(scope['type'])
            if scope['type'] == 'lifespan':
                for name in ('startup', 'shutdown'):
                    await receive()
                    await send({'type': f'lifespan.{name}.complete'})
                seen.append(('shutdown', variable.get()))
            elif scope['type'] == 'websocket':
                await receive()
                await send(accept())
                await receive()
                seen.append(('message', variable.get()))
            else:
                await receive()
                await sends(start(), body())(scope, receive, send)

        with self.front(app, lifespan='on') as front:
            stream = front.open()
            front.get()
            front.get()
            front.say(stream, 'x')
            front.answer(stream)
        self.assertEqual(
            seen,
            [
                ('lifespan', 'default'),
                ('websocket', 'default'),
                ('http', 'default'),
                ('http', 'default'),
                ('message', 'websocket'),
                ('shutdown', 'lifespan'),
            ],
        )

    def test_every_request_has_its_own_task(self) -> None:
        seen: List[Any] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            seen.append(asyncio.current_task())
            await echo(scope, receive, send)
            self.assertIs(seen[-1], asyncio.current_task())

        with self.front(app) as front:
            self.assertEqual([front.get().status, front.get().status], [200, 200])
        self.assertIsNotNone(seen[0])
        self.assertIsNot(seen[0], seen[1])

    def test_a_task_is_not_cancelled_when_its_client_leaves(self) -> None:
        seen: List[str] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            while (await receive())['type'] != 'http.disconnect':
                pass
            await asyncio.sleep(0)
            seen.append('went on')

        with self.front(app) as front:
            stream = front.request()
            front.cancel(stream)
            self.assertEqual(front.answer(stream).abort, '')
        self.assertEqual(seen, ['went on'])


class AsyncioContextTest(ContextTest):
    """The same without uvloop."""

    uvloop = 'off'


if __name__ == '__main__':
    unittest.main()
