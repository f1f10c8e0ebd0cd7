"""Fronts that come and go while a worker runs (frame.md, CONNECT and "Hello, failure, drain")."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import shutil
import socket
import tempfile
import threading
import unittest
from typing import Any, List

from galley_worker import frames as f

from .asgi_apps import body, start
from .fake_front import FakeFront
from .test_zygote import WSGI, Zygote
from .until import until

ASGI = """
    async def app(scope, receive, send):
        await send({'type': 'http.response.start', 'status': 200})
        await send({'type': 'http.response.body', 'body': b'ok'})
"""


class App:
    """Answers at once; a request with a body waits for the body, and then for `go_on`. It notes what it sees."""

    def __init__(self) -> None:
        self.notes: List[str] = []
        self.begun = threading.Event()
        self.go_on = threading.Event()

    async def asgi(self, scope: Any, receive: Any, send: Any) -> None:
        if scope['method'] == 'POST':
            self.begun.set()
            self.notes.append((await receive())['type'])
            while not self.go_on.is_set():
                await asyncio.sleep(0.001)
            self.notes.append('done')
            return
        await send(start())
        await send(body(b'ok'))

    def wsgi(self, environ: Any, start_response: Any) -> List[bytes]:
        if environ['REQUEST_METHOD'] == 'POST':
            self.begun.set()
            try:
                environ['wsgi.input'].read(1)
            except OSError:
                self.notes.append('http.disconnect')
            self.go_on.wait(10)
            self.notes.append('done')
        start_response('200 OK', [])
        return [b'ok']


class AsgiFrontsTest(unittest.TestCase):
    interface = 'asgi3'

    def setUp(self) -> None:
        self.app = App()

    def front(self, connections: int) -> FakeFront:
        app = self.app.asgi if self.interface == 'asgi3' else self.app.wsgi
        return FakeFront(app, connections, interface=self.interface, threads=2)

    def test_a_front_that_is_lost_leaves_the_others_served(self) -> None:
        self.app.go_on.set()
        front = self.front(3)
        with front as first:
            lost = front.connections[1]
            lost.request('POST', flags=0)
            self.app.begun.wait(10)
            front.lose(lost)
            until(lambda: self.app.notes == ['http.disconnect', 'done'])
            for connection in (first, front.connections[1]):
                self.assertEqual(connection.get().body, b'ok')

    def test_a_worker_answers_a_ping_while_its_app_works(self) -> None:
        with self.front(1) as front:
            stream = front.request('POST', flags=0)
            self.app.begun.wait(10)
            front.send(f.PING, 0, 0)
            self.assertEqual(front.next_of(0)[0], f.PONG)
            front.body(stream, b'x', end=True)
            self.app.go_on.set()
            front.cancel(stream)

    def test_it_may_be_the_first_one(self) -> None:
        front = self.front(2)
        with front as first:
            self.assertEqual(first.get().body, b'ok')
            front.lose(first)
            self.assertEqual(front.connections[0].get().body, b'ok')

    def test_a_drain_waits_for_what_a_lost_front_asked_for(self) -> None:
        front = self.front(2)
        with front as lost:
            lost.request('POST', flags=0)
            self.app.begun.wait(10)
            front.lose(lost)
            until(lambda: self.app.notes)
            other = front.connections[0]
            with other.gathered():
                stream = other.request()
                other.send(f.DRAIN, 0, 0)
            self.assertEqual(other.answer(stream).body, b'ok')
            self.app.go_on.set()
        self.assertEqual(self.app.notes, ['http.disconnect', 'done'])

    def test_a_front_that_is_lost_while_another_one_drains_is_waited_for_no_more(self) -> None:
        front = self.front(2)
        with front as drained:
            drained.send(f.DRAIN, 0, 0)
            lost = front.connections[1]
            self.assertEqual(lost.get().body, b'ok')
            front.lose(lost)

    def test_the_worker_connects_to_a_front_that_it_is_told_of(self) -> None:
        front = self.front(1)
        with front as first:
            for _ in range(3):
                first.send(f.CONNECT, 0, 0, front.listen().encode())
                added = front.accept()
                self.assertEqual(added.hello, first.hello)
                self.assertEqual(added.get().body, b'ok')
            self.assertEqual(first.get().body, b'ok')
            front.lose(first)
            self.assertEqual(added.get().body, b'ok')

    def test_a_front_that_cannot_be_connected_to_is_told_of_and_changes_nothing(self) -> None:
        with contextlib.redirect_stderr(io.StringIO()) as written, self.front(1) as front:
            descriptors = len(os.listdir('/dev/fd'))
            for path in (b'/no/such/socket', b'x' * 500):
                front.send(f.CONNECT, 0, 0, path)
                self.assertEqual(front.get().body, b'ok')
            until(lambda: written.getvalue().count('cannot connect to a front at "') == 2)
            self.assertEqual(len(os.listdir('/dev/fd')), descriptors)
        self.assertIn('"/no/such/socket"', written.getvalue())

    def test_a_worker_that_drains_connects_to_no_other_front(self) -> None:
        front = self.front(2)
        with front as first:
            path = front.listen().encode()
            with first.gathered():
                first.send(f.DRAIN, 0, 0)
                first.send(f.CONNECT, 0, 0, path)
            other = front.connections[1]
            other.send(f.CONNECT, 0, 0, path)
            self.assertEqual(other.get().body, b'ok')
            front._listeners[-1].setblocking(False)
            with self.assertRaises(BlockingIOError):
                front.accept()


class WsgiFrontsTest(AsgiFrontsTest):
    interface = 'wsgi'


class AbsentFrontTest(unittest.TestCase):
    """A front thread that is down while a worker starts: its socket is not there, or nobody listens."""

    def zygote(self, text: str, **changes: Any) -> Zygote:
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(f'{folder}/left')
        return Zygote({'main.py': text}, absent=[f'{folder}/none', f'{folder}/left'], **changes)

    def test_a_worker_serves_the_others_and_connects_when_it_is_told_to(self) -> None:
        for text in (WSGI, ASGI):
            with self.subTest(text), self.zygote(text) as zygote:
                zygote.event()
                zygote.fork(1)
                front = zygote.accept()
                self.assertEqual(front.get().body, b'ok')
                front.send(f.CONNECT, 0, 0, f'{zygote.folder}/front.sock'.encode())
                added = zygote.accept()
                self.assertEqual(added.get().body, b'ok')
                for connection in (front, added):
                    connection.send(f.DRAIN, 0, 0)
                for connection in (front, added):
                    connection.close()
                self.assertEqual(zygote.event()['code'], 0)
            self.assertEqual(zygote.output, ('', ''))

    def test_a_worker_that_cannot_start_says_so_to_one_of_the_others(self) -> None:
        with self.zygote('async def app(scope, receive, send): raise SystemExit(1)', lifespan='on') as zygote:
            zygote.event()
            zygote.fork(1)
            self.assertIn('Lifespan startup did not complete', zygote.accept().hello['failed'])
            self.assertEqual(zygote.event()['code'], 3)

    def test_a_worker_that_can_connect_to_none_exits_with_code_1(self) -> None:
        for text in (WSGI, ASGI):
            with self.subTest(text), Zygote({'main.py': text}) as zygote:
                zygote.event()
                os.remove(f'{zygote.folder}/front.sock')
                zygote.fork(1)
                self.assertEqual(zygote.event()['code'], 1)
            self.assertEqual(zygote.output, ('', ''))


class LastFrontTest(unittest.TestCase):
    def test_a_worker_ends_when_it_has_lost_its_last_front(self) -> None:
        for text in (WSGI, ASGI):
            with self.subTest(text), Zygote({'main.py': text}) as zygote:
                zygote.event()
                zygote.fork(1)
                first = zygote.accept()
                first.send(f.CONNECT, 0, 0, f'{zygote.folder}/front.sock'.encode())
                second = zygote.accept()
                first.socket.close()
                self.assertEqual(second.get().body, b'ok')
                second.socket.close()
                self.assertEqual(zygote.event()['code'], 1)

    def test_a_worker_that_drains_ends_well_where_its_last_front_is_lost_before_its_drain(self) -> None:
        for text in (WSGI, ASGI):
            with self.subTest(text), Zygote({'main.py': text}) as zygote:
                zygote.event()
                zygote.fork(1)
                first = zygote.accept()
                first.send(f.CONNECT, 0, 0, f'{zygote.folder}/front.sock'.encode())
                second = zygote.accept()
                first.send(f.DRAIN, 0, 0)
                first.socket.close()
                self.assertEqual(second.get().body, b'ok')
                second.socket.close()
                self.assertEqual(zygote.event()['code'], 0)


if __name__ == '__main__':
    unittest.main()
