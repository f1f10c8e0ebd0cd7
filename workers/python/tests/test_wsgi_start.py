"""Points 1 to 4: start_response, write, exc_info and close: with one thread, with several, and under wsgiref's validator, which asserts both sides of PEP 3333."""

from __future__ import annotations

import gc
import sys
import threading
import unittest
import weakref
from typing import Any, Iterator, List
from wsgiref.validate import validator

from galley_worker import frames as f

from .wsgi_case import TEXT, Blocks, WsgiCase, app_of


class StartTest(WsgiCase):
    def test_wsgi_01_start_response_may_come_with_the_first_iteration(self) -> None:
        def app(environ: Any, start_response: Any) -> Iterator[bytes]:
            start_response('200 OK', list(TEXT))
            yield b'late'

        with self.front(app) as front:
            answer = front.get()
        self.assertEqual((answer.status, answer.reason, answer.body), (200, 'OK', b'late'))

    def test_wsgi_01_the_head_waits_for_the_first_block_that_is_not_empty(self) -> None:
        def app(environ: Any, start_response: Any) -> Iterator[bytes]:
            start_response('200 OK', list(TEXT))
            yield b''
            try:
                raise LookupError
            except LookupError:
                start_response('503 Busy', list(TEXT), sys.exc_info())
            yield b'sorry'

        with self.front(app) as front:
            answer = front.get()
        self.assertEqual((answer.status, answer.body), (503, b'sorry'))

    def test_wsgi_01_an_app_without_blocks_answers_with_its_head(self) -> None:
        with self.front(app_of()) as front:
            answer = front.get()
        self.assertEqual((answer.status, answer.body, answer.kinds), (200, b'', [f.RESPONSE]))

    def test_wsgi_01_an_app_that_never_calls_start_response_aborts(self) -> None:
        for blocks in ([], [b'x'], [b'x', b'y']):
            with self.bad(lambda environ, start_response: blocks) as front:
                self.assertIn('without a call of start_response', front.get().abort or '')

    def test_wsgi_02_write_sends_at_once_and_before_the_iterable(self) -> None:
        released = threading.Event()

        def app(environ: Any, start_response: Any) -> List[bytes]:
            write = start_response('200 OK', list(TEXT))
            write(b'written ')
            released.wait(10)
            write(b'twice ')
            return [b'returned']

        with self.front(app) as front:
            stream = front.request()
            self.assertTrue(front.next_of(stream).payload.endswith(b'written '))
            released.set()
            self.assertEqual(front.answer(stream).body, b'twice returned')

    def test_wsgi_02_the_first_write_sends_the_head_even_without_bytes(self) -> None:
        released = threading.Event()

        def app(environ: Any, start_response: Any) -> List[bytes]:
            write = start_response('200 OK', list(TEXT))
            write(b'')
            released.wait(10)
            write(b'')
            return [b'returned']

        with self.front(app) as front:
            stream = front.request()
            frame = front.next_of(stream)
            self.assertEqual((frame.kind, frame.flags), (f.RESPONSE, 0))
            released.set()
            answer = front.answer(stream)
        self.assertEqual((answer.body, set(answer.kinds)), (b'returned', {f.BODY}))

    def test_wsgi_02_all_that_is_written_may_be_the_answer(self) -> None:
        def app(environ: Any, start_response: Any) -> List[bytes]:
            start_response('200 OK', list(headers))(b'written')
            return []

        for headers in (TEXT, [*TEXT, ('Content-Length', '7')]):
            with self.front(app) as front:
                self.assertEqual(front.get().body, b'written')
                self.assertEqual(front.get(method='HEAD').kinds, [f.RESPONSE])

    def test_wsgi_03_a_second_start_response_without_exc_info_is_an_error(self) -> None:
        def app(environ: Any, start_response: Any) -> List[bytes]:
            start_response('200 OK', list(TEXT))
            start_response('200 OK', list(TEXT))
            return [b'x']

        with self.bad(app) as front:
            self.assertIn('AssertionError', front.get().abort or '')

    def test_wsgi_03_exc_info_replaces_a_head_that_was_not_sent(self) -> None:
        def app(environ: Any, start_response: Any) -> List[bytes]:
            start_response('200 OK', [('Content-Type', 'text/html'), ('X-Old', '1')])
            try:
                raise LookupError
            except LookupError:
                start_response('500 Oops', list(TEXT), sys.exc_info())
            return [b'sorry']

        with self.front(app) as front:
            answer = front.get()
        self.assertEqual((answer.status, answer.reason, answer.headers), (500, 'Oops', TEXT))

    def test_wsgi_03_exc_info_after_the_head_was_sent_raises_it_again(self) -> None:
        def app(environ: Any, start_response: Any) -> Iterator[bytes]:
            start_response('200 OK', list(TEXT))
            yield b'part'
            try:
                raise LookupError('half way')
            except LookupError:
                start_response('500 Oops', list(TEXT), sys.exc_info())
            yield b'never'

        with self.front(app) as front:
            answer = front.get()
        self.assertEqual((answer.body, answer.kinds), (b'part', [f.RESPONSE, f.ABORT]))
        self.assertIn('LookupError: half way', answer.abort or '')

    def test_wsgi_03_exc_info_must_be_three_values(self) -> None:
        def app(environ: Any, start_response: Any) -> List[bytes]:
            start_response('200 OK', list(TEXT), exc_info)
            return [b'x']

        for exc_info in ((LookupError, LookupError()), [LookupError, LookupError(), None], ()):
            with self.bad(app) as front:
                self.assertIn('ValueError: exc_info', front.get().abort or '')

    def test_wsgi_03_the_error_is_let_go(self) -> None:
        class Failure(Exception):
            pass

        left: List[Any] = []

        def app(environ: Any, start_response: Any) -> Iterator[bytes]:
            start_response('200 OK', list(TEXT))
            if environ['PATH_INFO'] == '/sent':
                yield b'part'
            try:
                raise Failure
            except Failure as error:
                left.append(weakref.ref(error))
                start_response('500 Oops', list(TEXT), sys.exc_info())
            yield b'sorry'

        self.addCleanup(gc.enable)
        gc.disable()
        with self.bad(app) as front:
            self.assertEqual(front.get().body, b'sorry')
            self.assertEqual(front.get(target='/sent').kinds, [f.RESPONSE, f.ABORT])
        self.assertEqual([reference() for reference in left], [None, None])

    def test_wsgi_04_close_is_called_after_the_last_block(self) -> None:
        events: List[str] = []

        def app(environ: Any, start_response: Any) -> Blocks:
            start_response('200 OK', list(TEXT))
            return Blocks(iter([b'x', b'y']), events)

        with self.front(app) as front:
            self.assertEqual(front.get().body, b'xy')
        self.assertEqual(events, ['closed'])

    def test_wsgi_04_close_is_called_when_the_app_fails_half_way(self) -> None:
        events: List[str] = []

        def blocks() -> Iterator[bytes]:
            yield b'part'
            raise LookupError('half way')

        def app(environ: Any, start_response: Any) -> Blocks:
            start_response('200 OK', list(TEXT))
            return Blocks(blocks(), events)

        with self.front(app) as front:
            self.assertIn('half way', front.get().abort or '')
        self.assertEqual(events, ['closed'])

    def test_wsgi_04_close_is_called_when_the_client_left(self) -> None:
        events: List[str] = []

        def blocks() -> Iterator[bytes]:
            yield bytes(f.INITIAL_WINDOW)
            yield b'more than the credit'
            events.append('not reached')

        def app(environ: Any, start_response: Any) -> Blocks:
            start_response('200 OK', list(TEXT))
            return Blocks(blocks(), events)

        with self.front(app) as front:
            stream = front.request()
            for _ in range(4):
                front.next_of(stream)
            front.cancel(stream)
            self.assertEqual(front.answer(stream).abort, '')
        self.assertEqual(events, ['closed'])

    def test_wsgi_04_close_is_called_once_where_nothing_could_be_sent(self) -> None:
        events: List[str] = []

        def app(environ: Any, start_response: Any) -> Blocks:
            if environ['PATH_INFO'] == '/started':
                start_response('200 OK', list(TEXT))
            return Blocks(iter(['no bytes']), events)  # type: ignore[list-item]

        with self.bad(app) as front:
            for target in ('/', '/started'):
                self.assertEqual(front.get(target=target).kinds, [f.ABORT])
        self.assertEqual(events, ['closed', 'closed'])

    def test_wsgi_04_an_error_in_close_is_logged_and_the_next_request_is_served(self) -> None:
        class Broken(Blocks):
            def close(self) -> None:
                raise LookupError('in close')

        def app(environ: Any, start_response: Any) -> Blocks:
            start_response('200 OK', list(TEXT))
            return Broken(iter([b'x']), [])

        with self.bad(app) as front:
            for _ in range(2):
                stream = front.request()
                self.assertEqual(front.answer(stream).body, b'x')
                self.assertIn('in close', front.answer(stream).abort or '')


class StartThreadsTest(StartTest):
    """The same with a pool of threads."""

    threads = 4


class StartValidatorTest(StartTest):
    """The same with the validator around the app."""

    wrap = staticmethod(validator)


if __name__ == '__main__':
    unittest.main()
