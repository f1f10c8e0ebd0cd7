"""Several requests, several fronts, drain: with one thread, with several, and under wsgiref's validator, which asserts both sides of PEP 3333."""

from __future__ import annotations

import threading
import time
import unittest
from typing import Any, Iterator, List
from wsgiref.validate import validator

from galley_worker import frames as f

from .fake_front import FakeFront
from .wsgi_case import TEXT, Blocks, WsgiCase, app_of


class HoldingApp:
    """Holds every request until `go_on` is set."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Event()
        self.targets: List[str] = []

    def __call__(self, environ: Any, start_response: Any) -> List[bytes]:
        self.targets.append(environ['PATH_INFO'])
        self.begun.release()
        self.go_on.wait(10)
        start_response('200 OK', list(TEXT))
        return [b'done']


class RequestsTest(WsgiCase):
    def test_requests_that_wait_are_answered_in_order_of_arrival(self) -> None:
        with self.front(app_of(b'x')) as front:
            streams = [front.request() for _ in range(20)]
            self.assertEqual([front.answer(stream).body for stream in streams], [b'x'] * 20)

    def test_an_answer_does_not_wait_for_a_slow_request_behind_it(self) -> None:
        released = threading.Event()

        def app(environ: Any, start_response: Any) -> List[bytes]:
            if environ['PATH_INFO'] == '/slow':
                released.wait(30)
            start_response('200 OK', list(TEXT))
            return [b'x']

        with self.front(app) as front:
            busy = [front.request(target='/slow') for _ in range(self.threads - 1)]
            with front.gathered():
                quick, slow = front.request(), front.request(target='/slow')
            try:
                self.assertEqual(front.answer(quick).body, b'x')
            finally:
                released.set()
            for stream in (*busy, slow):
                front.answer(stream)

    def test_an_answer_does_not_wait_for_a_slow_close(self) -> None:
        released = threading.Event()

        class SlowClose(Blocks):
            def close(self) -> None:
                released.wait(30)

        def app(environ: Any, start_response: Any) -> Blocks:
            start_response('200 OK', [*TEXT, ('Content-Length', '1')])
            return SlowClose(iter([b'x']), [])

        with self.front(app) as front:
            stream = front.request()
            try:
                self.assertEqual(front.answer(stream).body, b'x')
            finally:
                released.set()

    def test_several_fronts_are_served_by_one_worker(self) -> None:
        front = FakeFront(app_of(b'x'), connections=2, interface='wsgi', threads=self.threads)
        with front:
            for connection in front.connections * 2:
                self.assertEqual(connection.get().body, b'x')

    def test_hello_offers_as_many_requests_as_there_are_threads(self) -> None:
        with self.front(app_of(b'x')) as front:
            self.assertEqual((front.hello['interface'], front.hello['concurrency']), ('wsgi', self.threads))

    def test_drain_waits_for_the_request_under_way(self) -> None:
        released = threading.Event()
        done: List[str] = []

        def app(environ: Any, start_response: Any) -> Iterator[bytes]:
            start_response('200 OK', list(TEXT))
            yield b'one'
            released.wait(10)
            done.append('done')
            yield b'two'

        front = self.front(app)
        with front as connection:
            stream = connection.request()
            connection.next_of(stream)
            connection.send(f.DRAIN, 0, 0)
            released.set()
            self.assertEqual(connection.answer(stream).body, b'two')
        self.assertEqual(done, ['done'])


class OneThreadTest(WsgiCase):
    def test_wsgi_08_one_thread_runs_one_request_at_a_time_and_multithread_says_so(self) -> None:
        running = threading.Lock()

        def app(environ: Any, start_response: Any) -> Iterator[bytes]:
            if environ['wsgi.multithread'] or not running.acquire(blocking=False):
                raise AssertionError('two requests at the same time')
            start_response('200 OK', list(TEXT))
            yield b'x'
            time.sleep(0)  # others may run here
            running.release()

        with self.front(app) as front:
            streams = [front.request() for _ in range(50)]
            self.assertEqual([front.answer(stream).abort for stream in streams], [None] * 50)


class RequestsThreadsTest(RequestsTest):
    """The same with a pool of threads."""

    threads = 4

    def test_a_request_that_has_not_begun_can_be_taken_back(self) -> None:
        app = HoldingApp()
        with self.front(app) as front:
            held = [front.request(target=f'/{number}') for number in range(4)]
            for _ in held:
                app.begun.acquire(timeout=10)
            ahead = front.request(target='/ahead')
            for stream in (ahead, held[0]):
                front.send(f.CANCEL, 0, stream, bytes([f.TAKEN_BACK]))
            self.assertEqual(front.next_of(ahead).kind, f.RETURNED)
            app.go_on.set()
            self.assertEqual([front.answer(stream).body for stream in held], [b'done'] * 4)
        self.assertNotIn('/ahead', app.targets)

    def test_a_request_that_is_cancelled_before_it_begins_never_reaches_the_app(self) -> None:
        app = HoldingApp()
        with self.front(app) as front:
            held = [front.request() for _ in range(4)]
            for _ in held:
                app.begun.acquire(timeout=10)
            pay = front.request(target='/pay')
            front.cancel(pay)
            self.assertEqual(front.answer(pay).abort, '')
            app.go_on.set()
            for stream in held:
                front.answer(stream)
        self.assertNotIn('/pay', app.targets)

    def test_wsgi_08_requests_run_at_the_same_time_and_multithread_says_so(self) -> None:
        meeting = threading.Barrier(4, timeout=10)

        def app(environ: Any, start_response: Any) -> List[bytes]:
            meeting.wait()
            self.assertIs(environ['wsgi.multithread'], True)
            start_response('200 OK', list(TEXT))
            return [threading.current_thread().name.encode()]

        with self.front(app) as front:
            streams = [front.request() for _ in range(4)]
            self.assertEqual(len({front.answer(stream).body for stream in streams}), 4)


class RequestsValidatorTest(RequestsTest):
    """The same with the validator around the app."""

    wrap = staticmethod(validator)


if __name__ == '__main__':
    unittest.main()
