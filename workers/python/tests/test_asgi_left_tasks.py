"""Tasks of an app that still receive and send when the app has returned."""

from __future__ import annotations

import asyncio
import unittest
from typing import Any, List

from galley_worker import frames as f

from .asgi_apps import accept, body, say, sends, start
from .fake_front import FakeFront


class LeavingTasks:
    """An app that starts a task and returns; a request for /told waits for the tasks and sees what became of them."""

    def __init__(self, first: Any, task: Any, failure: bool = False) -> None:
        """`first` and `task` are apps; with `failure` the app ends with an exception."""
        self._first = first
        self._task = task
        self._fails = failure
        self._tasks: List[Any] = []
        self.seen: List[Any] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope['path'] == '/told':
            await asyncio.wait(self._tasks)
            self.seen += [repr(task.exception() or task.result()) for task in self._tasks]
            await sends(start(), body())(scope, receive, send)
            return
        await receive()
        await self._first(scope, receive, send)
        self._tasks.append(asyncio.ensure_future(self._task(scope, receive, send)))
        await asyncio.sleep(0)
        if self._fails:
            raise LookupError('of the app')


async def receives(scope: Any, receive: Any, send: Any) -> Any:
    return await receive()


def later(message: Any) -> Any:
    """An app that sends when the one that started it has returned, as a receive that ends tells."""

    async def app(scope: Any, receive: Any, send: Any) -> Any:
        await receive()
        await send(message)

    return app


GONE = "ClientDisconnected('The client disconnected')"


class LeftTasksTest(unittest.TestCase):
    uvloop = 'auto'

    def check(self, app: LeavingTasks, kinds: List[int], seen: str, is_websocket: bool = True) -> str:
        """Runs the app; returns what its ABORT says."""
        with FakeFront(app, uvloop=self.uvloop) as front:
            stream = front.open() if is_websocket else front.request()
            answer = front.answer(stream)
            self.assertEqual(answer.kinds, kinds)
            front.get(target='/told')
            self.assertEqual(list(front.frames), [])
        self.assertEqual(app.seen, [seen])
        return answer.abort or ''

    def test_a_receive_that_waits_on_a_websocket_gets_the_disconnect(self) -> None:
        for failure, code, kind in ((False, 1000, f.BODY), (True, 1011, f.ABORT)):
            app = LeavingTasks(sends(accept()), receives, failure)
            self.check(app, [kind], repr({'type': 'websocket.disconnect', 'code': code, 'reason': ''}))

    def test_a_send_after_the_end_of_a_websocket_is_a_disconnect(self) -> None:
        for failure, kind in ((False, f.BODY), (True, f.ABORT)):
            self.check(LeavingTasks(sends(accept()), later(say('x')), failure), [kind], GONE)

    def test_a_message_of_which_a_part_was_sent_ends_the_websocket_as_a_failure(self) -> None:
        app = LeavingTasks(sends(accept()), sends(say(bytes(2 * f.INITIAL_WINDOW))))
        pieces = [f.WS_MESSAGE] * 4
        self.assertIn('a part of a message', self.check(app, [*pieces, f.ABORT], GONE))

    def test_a_message_of_which_nothing_was_sent_leaves_an_end_in_order(self) -> None:
        all_credit = say(bytes(f.INITIAL_WINDOW - 4 * f.FRAME_CREDIT))
        app = LeavingTasks(sends(accept(), all_credit), sends(say('x')))
        self.check(app, [*[f.WS_MESSAGE] * 4, f.BODY], GONE)

    def test_a_denial_of_which_a_part_was_sent_is_a_disconnect(self) -> None:
        first = sends({**start(401), 'type': 'websocket.http.response.start'})
        rest = sends({**body(bytes(2 * f.INITIAL_WINDOW)), 'type': 'websocket.http.response.body'})
        app = LeavingTasks(first, rest)
        with FakeFront(app, uvloop=self.uvloop) as front:
            answer = front.answer(front.websocket())
            self.assertEqual(answer.kinds, [f.RESPONSE, *[f.BODY] * 3, f.ABORT])
            front.get(target='/told')
        self.assertEqual(app.seen, [GONE])

    def test_what_was_not_taken_of_a_websocket_is_dropped(self) -> None:
        async def takes(scope: Any, receive: Any, send: Any) -> Any:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            return await receive()

        async def first(scope: Any, receive: Any, send: Any) -> None:
            await send(accept())
            await asyncio.wait([asyncio.ensure_future(receive())])
            await send(say('heard'))

        app = LeavingTasks(first, takes)
        with FakeFront(app, uvloop=self.uvloop) as front:
            stream = front.open()
            with front.gathered():
                front.say(stream, 'one')
                front.say(stream, 'two')
            self.assertEqual(front.hear(stream), 'heard')
            self.assertEqual(front.answer(stream).kinds, [f.BODY])
            front.get(target='/told')
        self.assertEqual(app.seen, [repr({'type': 'websocket.disconnect', 'code': 1000, 'reason': ''})])

    def test_a_receive_that_waits_on_a_request_gets_the_disconnect(self) -> None:
        disconnect = repr({'type': 'http.disconnect'})
        self.check(LeavingTasks(sends(), receives), [f.ABORT], disconnect, is_websocket=False)
        self.check(LeavingTasks(sends(start(), body()), receives), [f.RESPONSE], disconnect, is_websocket=False)

    def test_a_send_after_the_end_of_a_request_is_a_disconnect(self) -> None:
        self.check(LeavingTasks(sends(start()), later(body())), [f.ABORT], GONE, is_websocket=False)

    def test_a_send_in_the_middle_of_a_body_is_a_disconnect(self) -> None:
        app = LeavingTasks(sends(start()), sends(body(bytes(2 * f.INITIAL_WINDOW))))
        kinds = [f.RESPONSE, *[f.BODY] * 3, f.ABORT]
        self.assertIn('without a complete response', self.check(app, kinds, GONE, is_websocket=False))


class AsyncioLeftTasksTest(LeftTasksTest):
    """The same without uvloop."""

    uvloop = 'off'


if __name__ == '__main__':
    unittest.main()
