"""Calls in threads that outlive the task which was cancelled for its deadline (frame.md, TAINTED)."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import importlib.util
import threading
import time
import unittest
from typing import Any, Awaitable, Callable
from unittest import mock

from galley_worker import frames as f
from galley_worker.asgi import connection

from .asgi_apps import body, start
from .fake_front import FakeFront

GRACE = 0.05
Wait = Callable[[Callable[[], object]], Awaitable[object]]


async def in_executor(call: Callable[[], object]) -> object:
    context = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(None, functools.partial(context.run, call))


async def in_group(call: Callable[[], object]) -> object:
    return await asyncio.gather(in_executor(call), asyncio.sleep(60))


async def in_anyio(call: Callable[[], object]) -> object:
    import anyio.to_thread  # type: ignore[import-not-found]

    return await anyio.to_thread.run_sync(call)


class App:
    """A request for /stuck calls `block`, which returns once `go_on` is set, in a thread by `wait`."""

    def __init__(self, wait: Wait) -> None:
        self._wait = wait
        self.begun = threading.Event()
        self.go_on = threading.Event()

    def block(self) -> None:
        self.begun.set()
        self.go_on.wait(10)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope['path'] == '/stuck':
            await self._wait(self.block)
        await send(start())
        await send(body(b'ok'))


class LeftThreadTest(unittest.TestCase):
    uvloop = 'auto'

    def setUp(self) -> None:
        patched = mock.patch.object(connection, '_THREAD_GRACE', GRACE)
        patched.start()
        self.addCleanup(patched.stop)

    def check_told(self, wait: Wait) -> None:
        app = App(wait)
        with FakeFront(app, uvloop=self.uvloop) as front:
            stream = front.request(target='/stuck')
            app.begun.wait(10)
            front.cancel(stream, f.DEADLINE)
            answer = front.answer(stream)
            self.assertEqual((answer.kinds, answer.is_tainted), ([f.ABORT], False))
            self.assertEqual(front.next(), (f.ABORT, f.TAINTED, 0, b''))
            app.go_on.set()

    def test_a_thread_that_goes_on_is_told_of(self) -> None:
        for wait in (in_executor, in_group):
            with self.subTest(wait.__name__):
                self.check_told(wait)

    @unittest.skipUnless(importlib.util.find_spec('anyio'), 'needs anyio')
    def test_one_of_anyio_is_told_of(self) -> None:
        self.check_told(in_anyio)

    def check_quiet(self, wait: Wait) -> None:
        app = App(wait)
        with FakeFront(app, uvloop=self.uvloop) as front:
            stream = front.request(target='/stuck')
            app.begun.wait(10)
            front.cancel(stream, f.DEADLINE)
            self.assertEqual(front.answer(stream).kinds, [f.ABORT])
            app.go_on.set()
            self.look(front)

    def look(self, front: Any) -> None:
        """Waits until the worker has looked, and has told of nothing."""
        late = time.monotonic() + 2 * GRACE
        while time.monotonic() < late:
            self.assertEqual(front.get().body, b'ok')
        self.assertFalse(front.frames)

    def test_a_thread_that_ends_meanwhile_is_not_told_of(self) -> None:
        self.check_quiet(in_executor)

    @unittest.skipUnless(importlib.util.find_spec('anyio'), 'needs anyio')
    def test_nor_is_one_of_anyio(self) -> None:
        self.check_quiet(in_anyio)

    def test_the_thread_of_another_request_is_not_told_of(self) -> None:
        app = App(in_executor)
        sleeps = App(lambda _: asyncio.sleep(60))

        async def either(scope: Any, receive: Any, send: Any) -> None:
            await (sleeps if scope['query_string'] else app)(scope, receive, send)

        with FakeFront(either, uvloop=self.uvloop) as front:
            other = front.request(target='/stuck')
            app.begun.wait(10)
            stream = front.request(target='/stuck?sleeps')
            self.assertEqual(front.get().body, b'ok')
            front.cancel(stream, f.DEADLINE)
            self.assertEqual(front.answer(stream).kinds, [f.ABORT])
            self.look(front)
            app.go_on.set()
            self.assertEqual(front.answer(other).body, b'ok')


class LeftThreadWithoutUvloopTest(LeftThreadTest):
    uvloop = 'off'


if __name__ == '__main__':
    unittest.main()
