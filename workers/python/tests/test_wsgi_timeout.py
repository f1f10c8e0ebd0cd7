"""A WSGI app whose request has taken too long is interrupted (frame.md, CANCEL with reason 2)."""

from __future__ import annotations

import logging
import queue
import random
import sys
import threading
import time
import unittest
from typing import Any, Callable, Iterator, List

from galley_worker import frames as f
from galley_worker.timeouts import TIMED_OUT, Interruption, RequestTimeout

from .fake_front import Answer, Connection
from .wsgi_case import TEXT, WsgiCase


class StuckApp:
    """Answers with the thread it runs in; a request for /stuck is where `stuck` leaves it."""

    def __init__(self, stuck: Callable[[Any], object]) -> None:
        self._stuck = stuck
        self.begun = threading.Semaphore(0)

    def __call__(self, environ: Any, start_response: Any) -> List[bytes]:
        if environ['PATH_INFO'] == '/stuck':
            self.begun.release()
            self._stuck(environ)
        start_response('200 OK', list(TEXT))
        return [str(threading.get_ident()).encode()]


def loops(_environ: Any) -> None:
    while True:
        pass


def catches_exceptions(_environ: Any) -> None:
    while True:
        try:
            len('x')
        except Exception:
            pass


def sleeps(_environ: Any) -> None:
    while True:
        time.sleep(0.005)


def loops_behind_a_read(environ: Any) -> None:
    try:
        environ['wsgi.input'].read(1)
    except OSError:
        loops(environ)


@unittest.skipUnless(sys.implementation.name == 'cpython', 'only CPython can raise in another thread')
class TimeoutTest(WsgiCase):
    def cut(self, front: Connection, app: StuckApp, **request: Any) -> Answer:
        stream = front.request(target='/stuck', **request)
        app.begun.acquire(timeout=10)
        front.cancel(stream, f.DEADLINE)
        return front.answer(stream)

    def test_the_app_is_left_where_it_is_and_its_thread_serves_on(self) -> None:
        for stuck in (loops, catches_exceptions, sleeps):
            app = StuckApp(stuck)
            with self.subTest(stuck.__name__), self.front(app) as front:
                threads = {front.get().body}
                for _ in range(3):
                    answer = self.cut(front, app)
                    self.assertEqual(answer.kinds, [f.ABORT])
                    lines = (answer.abort or '').splitlines()
                    self.assertEqual(lines[0], TIMED_OUT)
                    self.assertIn(f'in {stuck.__name__}', answer.abort or '')
                    self.assertIn('test_wsgi_timeout.py", line ', answer.abort or '')
                    self.assertIn('RequestTimeout', lines[-1])
                    threads.add(front.get().body)
                self.assertEqual(len(threads), 1)

    def test_locks_that_python_takes_for_the_app_are_not_left_taken(self) -> None:
        class Handler(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                pass

        handler = Handler()
        assert handler.lock
        record = logging.makeLogRecord({})
        items: queue.Queue[int] = queue.Queue()
        changed = threading.Condition()

        def notifies() -> None:
            with changed:
                changed.notify_all()

        for lock, use in ((handler.lock, lambda: handler.handle(record)), (items.mutex, lambda: items.put(1)), (changed, notifies)):

            def uses(environ: Any, use: Callable[[], object] = use) -> None:
                use()
                loops(environ)

            app = StuckApp(uses)
            with self.subTest(str(lock)), self.front(app) as front:
                for _ in range(5):
                    with lock:
                        stream = front.request(target='/stuck')
                        app.begun.acquire(timeout=10)
                        front.cancel(stream, f.DEADLINE)
                        for _ in range(3):  # behind the first one it has tried
                            front.send(f.PING, 0, 0)
                            front.next_of(0)
                    self.assertIn('in loops', front.answer(stream).abort or '')
                    self.assertTrue(lock.acquire(blocking=False))
                    lock.release()

    def test_an_abort_says_that_the_exception_was_raised(self) -> None:
        app = StuckApp(loops)
        with self.front(app) as front:
            self.assertTrue(self.cut(front, app).is_tainted)
        with self.front(StuckApp(lambda _environ: 1 / 0)) as front:
            self.assertFalse(front.get(target='/stuck').is_tainted)

    def test_other_requests_go_on(self) -> None:
        app = StuckApp(sleeps)
        with self.front(app, threads=4) as front:
            stuck = [front.request(target='/stuck') for _ in range(3)]
            for _ in stuck:
                app.begun.acquire(timeout=10)
            front.cancel(stuck[1], f.DEADLINE)
            self.assertIn(TIMED_OUT, front.answer(stuck[1]).abort or '')
            self.assertEqual(len({front.get().body for _ in range(5)} & {b''}), 0)
            for stream in (stuck[0], stuck[2]):
                front.cancel(stream, f.DEADLINE)
                self.assertIn(TIMED_OUT, front.answer(stream).abort or '')

    def test_half_an_answer_is_cut(self) -> None:
        def app(environ: Any, start_response: Any) -> Iterator[bytes]:
            start_response('200 OK', list(TEXT))
            yield b'half'
            loops(environ)

        with self.front(app) as front:
            stream = front.request()
            self.assertEqual(front.next_of(stream).kind, f.RESPONSE)
            front.cancel(stream, f.DEADLINE)
            self.assertIn('in loops', front.answer(stream).abort or '')

    def test_an_app_that_waits_for_the_front_hears_that_nobody_waits_for_it(self) -> None:
        app = StuckApp(lambda environ: environ['wsgi.input'].read(1))
        with self.front(app) as front:
            for _ in range(20):
                answer = self.cut(front, app, method='POST', flags=0)
                self.assertIn((answer.abort or TIMED_OUT).splitlines()[0], TIMED_OUT)

    def test_an_app_that_goes_on_behind_such_a_wait_is_interrupted_then(self) -> None:
        app = StuckApp(loops_behind_a_read)
        with self.front(app) as front:
            for _ in range(20):
                self.assertEqual((self.cut(front, app, method='POST', flags=0).abort or '').splitlines()[0], TIMED_OUT)

    def test_an_app_that_catches_it_goes_on(self) -> None:
        caught: List[type] = []

        def catches(environ: Any) -> None:
            try:
                loops(environ)
            except BaseException as error:
                caught.append(type(error))

        app = StuckApp(catches)
        with self.front(app) as front:
            self.assertEqual(self.cut(front, app).kinds, [f.ABORT])
            self.assertEqual(front.get().status, 200)
        self.assertEqual(caught, [RequestTimeout])

    def test_close_of_the_iterable_is_called(self) -> None:
        closed = threading.Event()

        class Blocks:
            def __iter__(self) -> Iterator[bytes]:
                loops(None)
                return iter([b''])

            def close(self) -> None:
                closed.set()

        begun = threading.Event()

        def app(environ: Any, start_response: Any) -> Blocks:
            start_response('200 OK', list(TEXT))
            begun.set()
            return Blocks()

        with self.front(app) as front:
            stream = front.request()
            begun.wait(10)
            front.cancel(stream, f.DEADLINE)
            self.assertIn(TIMED_OUT, front.answer(stream).abort or '')
            self.assertTrue(closed.is_set())

    def test_what_runs_behind_the_end_of_the_answer_is_left_alone(self) -> None:
        released = threading.Event()
        done: List[str] = []

        class Blocks:
            def __iter__(self) -> Iterator[bytes]:
                return iter([b'x'])

            def close(self) -> None:
                while not released.is_set():
                    time.sleep(0.001)
                done.append('closed')

        def app(environ: Any, start_response: Any) -> Any:
            start_response('200 OK', [*TEXT, ('Content-Length', '1')])
            return Blocks() if environ['PATH_INFO'] == '/stuck' else [b'y']

        with self.front(app, threads=2) as front:
            stream = front.request(target='/stuck')
            self.assertEqual(front.answer(stream).body, b'x')
            front.cancel(stream, f.DEADLINE)
            self.assertEqual(front.get().body, b'y')  # the worker has read the CANCEL
            released.set()
        self.assertEqual(done, ['closed'])

    def test_it_never_hits_another_request(self) -> None:
        """Where requests end just when they are cancelled."""

        def app(environ: Any, start_response: Any) -> List[bytes]:
            for _ in range(int(environ['QUERY_STRING'] or 0)):
                pass
            start_response('200 OK', list(TEXT))
            return [b'x']

        chance = random.Random(7)
        cancelled = 0
        with self.front(app) as front:
            for _ in range(1000):
                late = front.request(target=f'/?{chance.randrange(3000)}')
                for _ in range(chance.randrange(1500)):
                    pass
                with front.gathered():
                    front.cancel(late, f.DEADLINE)
                    others = [front.request(), front.request(target='/?300')]
                cancelled += front.answer(late).abort is not None
                self.assertEqual([front.answer(stream).body for stream in others], [b'x', b'x'])
        self.assertGreater(cancelled, 0)


class TimeoutThreadsTest(TimeoutTest):
    """The same with a pool of threads; a loop holds up one of them."""

    threads = 4

    def test_the_app_is_left_where_it_is_and_its_thread_serves_on(self) -> None:
        app = StuckApp(loops)
        with self.front(app) as front:
            for _ in range(8):
                self.assertIn(TIMED_OUT, self.cut(front, app).abort or '')


@unittest.skipUnless(sys.implementation.name == 'cpython', 'only CPython can raise in another thread')
class InterruptionTest(unittest.TestCase):
    def test_nothing_comes_behind_the_end(self) -> None:
        """A thread ends one interruption after another, while another one raises at any moment."""
        current: List[Interruption] = []
        outside: List[str] = []
        inside = [0]
        is_over = threading.Event()

        def work() -> None:
            chance = random.Random(7)
            try:
                for number in range(20_000):
                    interruption = Interruption()
                    try:
                        current[:] = [interruption]
                        for _ in range(chance.randrange(60)):
                            pass
                        interruption.end()
                    except RequestTimeout:
                        interruption.end()
                        inside[0] += 1
                    sum(range(number % 50))
                for _ in range(1000):
                    time.sleep(0)
            except RequestTimeout:
                outside.append('raised')
            finally:
                is_over.set()

        def away_from_threading(calls: int = 3) -> None:
            if calls:
                away_from_threading(calls - 1)
            else:
                work()

        before = sys.getswitchinterval()
        self.addCleanup(sys.setswitchinterval, before)
        sys.setswitchinterval(1e-6)
        thread = threading.Thread(target=away_from_threading)
        thread.start()
        while not is_over.is_set():
            for interruption in list(current):
                interruption.interrupt()
        thread.join()
        self.assertEqual(outside, [])
        self.assertGreater(inside[0], 0)

    def test_it_does_not_come_within_the_shield(self) -> None:
        interruption = Interruption()
        with interruption.shield:
            interruption.check()
            self.assertFalse(interruption.interrupt())
        interruption.hold_off()
        self.assertFalse(interruption.interrupt())
        interruption.let_on()
        with self.assertRaises(RequestTimeout):
            self.assertTrue(interruption.interrupt())
            len('x')
        interruption.end()

    def test_what_has_not_arrived_comes_at_the_next_shield(self) -> None:
        interruption = Interruption()
        interruption.is_raised = True
        with self.assertRaises(RequestTimeout), interruption.shield:
            interruption.check()
        interruption.end()


if __name__ == '__main__':
    unittest.main()
