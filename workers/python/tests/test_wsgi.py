"""PEP 3333's traps, point by point, over frames: with one thread, with several, and under wsgiref's validator."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
import threading
import unittest
from typing import Any, Callable, Iterator, List
from wsgiref.validate import validator

from galley_worker import frames as f

from .fake_front import FakeFront, Headers

TEXT: Headers = [('Content-Type', 'text/plain')]


def app_of(*blocks: bytes, status: str = '200 OK', headers: Headers = TEXT) -> Any:
    """An app that returns these blocks as a list."""

    def app(environ: Any, start_response: Any) -> List[bytes]:
        start_response(status, list(headers))
        return list(blocks)

    return app


class Blocks:
    """An iterable that notes when it is closed."""

    def __init__(self, blocks: Iterator[bytes], events: List[str]) -> None:
        self._blocks = blocks
        self._events = events

    def __iter__(self) -> Iterator[bytes]:
        return self._blocks

    def close(self) -> None:
        self._events.append('closed')


class WsgiTest(unittest.TestCase):
    threads = 1
    wrap: Callable[[Any], Any] = staticmethod(lambda app: app)

    def front(self, app: Any, **changes: Any) -> FakeFront:
        return FakeFront(type(self).wrap(app), **{'interface': 'wsgi', 'threads': self.threads, **changes})

    def bad(self, app: Any) -> FakeFront:
        """For an app that breaks the rules, which the validator would say first."""
        return FakeFront(app, interface='wsgi', threads=self.threads)

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
            start_response('200 OK', list(TEXT), (1, 2))
            return [b'x']

        with self.bad(app) as front:
            self.assertIn('ValueError', front.get().abort or '')

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

    def test_wsgi_05_reads_of_every_kind_end_with_the_body(self) -> None:
        def app(environ: Any, start_response: Any) -> List[bytes]:
            body = environ['wsgi.input']
            parts = [body.read(3), body.readline(), body.readline(2), *body.readlines(1), body.read(100)]
            parts += [body.read(1), body.readline(), *body, *body.readlines()]
            start_response('200 OK', list(TEXT))
            return [b'|'.join(parts)]

        data = b'abcdef\nline two\nline three\nthe rest'
        expected = b'abc|def\n|li|ne two\n|line three\nthe rest||'
        for pieces in ([data], [data[:5], data[5:17], data[17:]], [bytes([byte]) for byte in data]):
            with self.subTest(len(pieces)), self.front(app) as front:
                if len(pieces) == 1:
                    stream = front.request('POST', body=data)
                else:
                    stream = front.request('POST', flags=0)
                    for piece in pieces:
                        front.body(stream, piece)
                    front.body(stream, b'', end=True)
                self.assertEqual(front.answer(stream).body, expected)

    def test_wsgi_05_read_without_a_size_takes_the_whole_body(self) -> None:
        def app(environ: Any, start_response: Any) -> List[bytes]:
            data = environ['wsgi.input'].read()
            start_response('200 OK', list(TEXT))
            return [data]

        with self.bad(app) as front:
            stream = front.request('POST', headers=[('transfer-encoding', 'chunked')], flags=0, body=b'one ')
            front.body(stream, b'two', end=True)
            self.assertEqual(front.answer(stream).body, b'one two')
            self.assertEqual(front.get().body, b'')

    def test_wsgi_05_a_chunked_body_has_no_length_and_a_terminated_input(self) -> None:
        def app(environ: Any, start_response: Any) -> List[bytes]:
            start_response('200 OK', list(TEXT))
            return [repr((environ.get('CONTENT_LENGTH'), environ['wsgi.input_terminated'])).encode()]

        with self.front(app) as front:
            answer = front.get(method='POST', headers=[('transfer-encoding', 'chunked')])
            self.assertEqual(answer.body, b'(None, True)')

    def test_wsgi_05_credit_is_given_back_as_the_app_reads(self) -> None:
        half = f.INITIAL_WINDOW // 2

        def app(environ: Any, start_response: Any) -> List[bytes]:
            size = 0
            while True:
                data = environ['wsgi.input'].read(65_536)
                if not data:
                    break
                size += len(data)
            start_response('200 OK', list(TEXT))
            return [str(size).encode()]

        with self.front(app) as front:
            stream = front.request('POST', flags=0)
            for _ in range(6):
                front.body(stream, bytes(half))
                frame = front.next_of(stream)
                self.assertEqual((frame.kind, frame.payload), (f.WINDOW, f.pack_u32(half)))
            front.body(stream, b'', end=True)
            self.assertEqual(front.answer(stream).body, str(6 * half).encode())

    def test_wsgi_05_a_held_body_is_asked_for_by_the_first_read(self) -> None:
        def app(environ: Any, start_response: Any) -> List[bytes]:
            data = environ['wsgi.input'].read(3) if environ['PATH_INFO'] == '/read' else b''
            start_response('200 OK', list(TEXT))
            return [data]

        with self.front(app) as front:
            stream = front.request('POST', '/read', flags=f.HOLD)
            self.assertEqual(front.next_of(stream).payload, f.pack_u32(f.INITIAL_WINDOW))
            front.body(stream, b'now', end=True)
            self.assertEqual(front.answer(stream).body, b'now')
            self.assertEqual(front.answer(front.request('POST', '/', flags=f.HOLD)).kinds, [f.RESPONSE])

    def test_wsgi_05_an_unread_body_harms_nobody(self) -> None:
        with self.front(app_of(b'ok')) as front:
            for _ in range(3):
                stream = front.request('POST', flags=0)
                front.body(stream, bytes(65_536))
                self.assertEqual(front.answer(stream).body, b'ok')
                front.body(stream, b'', end=True)

    def test_wsgi_05_a_client_that_leaves_inside_the_body_raises_in_the_app(self) -> None:
        errors: List[BaseException] = []

        def app(environ: Any, start_response: Any) -> List[bytes]:
            try:
                environ['wsgi.input'].read(10)
            except OSError as error:
                errors.append(error)
                raise
            return []

        with self.bad(app) as front:
            stream = front.request('POST', flags=0, body=b'half')
            front.cancel(stream)
            self.assertEqual(front.answer(stream).abort, '')
        self.assertEqual(len(errors), 1)

    def test_wsgi_05_a_client_that_left_before_a_write_raises_there(self) -> None:
        errors: List[BaseException] = []

        def app(environ: Any, start_response: Any) -> List[bytes]:
            with contextlib.suppress(OSError):
                environ['wsgi.input'].read(10)
            write = start_response('200 OK', list(TEXT))
            try:
                write(b'x')
            except OSError as error:
                errors.append(error)
            return []

        with self.bad(app) as front:
            stream = front.request('POST', flags=0)
            front.cancel(stream)
            self.assertEqual(front.answer(stream).abort, '')
        self.assertEqual(len(errors), 1)

    def test_wsgi_08_errors_is_a_text_stream(self) -> None:
        def app(environ: Any, start_response: Any) -> List[bytes]:
            environ['wsgi.errors'].write('to the log\n')
            environ['wsgi.errors'].flush()
            start_response('200 OK', list(TEXT))
            return [b'x']

        text = io.StringIO()
        with contextlib.redirect_stderr(text), self.front(app) as front:
            front.get()
        self.assertEqual(text.getvalue(), 'to the log\n')

    def test_wsgi_10_status_reason_and_repeated_headers_are_kept_in_order(self) -> None:
        headers = [*TEXT, ('Set-Cookie', 'a=1'), ('X-B', '\xe9'), ('Set-Cookie', 'b=2')]
        with self.front(app_of(b'x', status="418 I'm a teapot", headers=headers)) as front:
            answer = front.get()
        self.assertEqual((answer.status, answer.reason, answer.headers), (418, "I'm a teapot", headers))

    def test_wsgi_10_heads_that_must_not_be_sent_raise_in_the_app(self) -> None:
        def app(environ: Any, start_response: Any) -> List[bytes]:
            start_response(*case)
            return [b'x']

        case: Any
        for case in (
            (200, []),
            (b'200 OK', []),
            ('OK', []),
            ('20 OK', []),
            ('101 Switching Protocols', []),
            ('600 Much', []),
            ('200 O\r\nK', []),
            ('200 OK', ()),
            ('200 OK', None),
            ('200 OK', [('X', b'1')]),
            ('200 OK', [('X', 1)]),
            ('200 OK', [(b'X', '1')]),
            ('200 OK', [('X', 'a\nb')]),
            ('200 OK', [('X', 'a\r\nSet-Cookie: b')]),
            ('200 OK', [('X', '\0')]),
            ('200 OK', [('X', '\u20ac')]),
            ('200 OK', [('Connection', 'close')]),
            ('200 OK', [('Transfer-Encoding', 'chunked')]),
            ('200 OK', [('Content-Length', '-1')]),
        ):
            with self.subTest(case), self.bad(app) as front:
                answer = front.get()
                self.assertEqual(answer.kinds, [f.ABORT])
                self.assertIn('Error: ', answer.abort or '')

    def test_wsgi_11_every_block_is_sent_before_the_next_is_asked_for(self) -> None:
        turn = threading.Semaphore(0)

        def app(environ: Any, start_response: Any) -> Iterator[bytes]:
            start_response('200 OK', list(TEXT))
            for block in (b'one', b'two', b'three'):
                yield block
                turn.acquire(timeout=10)

        with self.front(app) as front:
            stream = front.request()
            for block in (b'one', b'two', b'three'):
                self.assertTrue(front.next_of(stream).payload.endswith(block))
                turn.release()
            self.assertEqual(front.answer(stream).body, b'')

    def test_wsgi_12_a_list_of_one_block_leaves_as_one_frame(self) -> None:
        with self.bad(app_of(b'hello')) as front:
            self.assertEqual(front.get().kinds, [f.RESPONSE])

    def test_wsgi_12_the_last_declared_byte_ends_the_stream(self) -> None:
        with self.front(app_of(b'he', b'llo', headers=[*TEXT, ('Content-Length', '5')])) as front:
            answer = front.get()
        self.assertEqual((answer.body, answer.kinds), (b'hello', [f.RESPONSE, f.BODY]))

    def test_wsgi_12_more_than_declared_is_cut_off_and_logged(self) -> None:
        events: List[str] = []
        length = [*TEXT, ('Content-Length', '5')]

        def app(environ: Any, start_response: Any) -> Any:
            start_response('200 OK', list(length))
            return Blocks(iter([b'hel', b'lo and more', b'never asked for']), events)

        for each in (app, app_of(b'hello, world', headers=length), app_of(b'hello', b'more', headers=length)):
            with self.front(each) as front:
                stream = front.request()
                self.assertEqual(front.answer(stream).body, b'hello')
                self.assertIn('more body than the Content-Length', front.answer(stream).abort or '')
        self.assertEqual(events, ['closed'])

    def test_wsgi_12_a_write_past_the_declared_length_raises(self) -> None:
        def app(environ: Any, start_response: Any) -> List[bytes]:
            write = start_response('200 OK', [*TEXT, ('Content-Length', '5')])
            write(b'hello')
            write(b'!')
            return []

        with self.front(app) as front:
            stream = front.request()
            self.assertEqual(front.answer(stream).body, b'hello')
            self.assertIn('ValueError', front.answer(stream).abort or '')

    def test_wsgi_12_fewer_bytes_than_declared_abort(self) -> None:
        length = [*TEXT, ('Content-Length', '5')]
        with self.front(app_of(b'hell', headers=length)) as front:
            self.assertIn('1 bytes before the Content-Length', front.get().abort or '')
        with self.front(app_of(b'he', b'll', headers=length)) as front:
            answer = front.get()
            self.assertEqual((answer.body, answer.kinds[-1]), (b'hell', f.ABORT))
            self.assertIn('1 bytes before the Content-Length', answer.abort or '')

    def test_wsgi_12_head_answers_have_no_body_and_keep_their_length(self) -> None:
        with self.front(app_of(b'hello', headers=[*TEXT, ('Content-Length', '5')])) as front:
            answer = front.get(method='HEAD')
        self.assertEqual((answer.body, answer.header('content-length'), answer.kinds), (b'', '5', [f.RESPONSE]))

    def test_wsgi_12_head_does_not_run_an_endless_iterable(self) -> None:
        def app(environ: Any, start_response: Any) -> Iterator[bytes]:
            start_response('200 OK', list(TEXT))
            while True:
                yield b'tick'

        with self.front(app) as front:
            self.assertEqual(front.get(method='HEAD').kinds, [f.RESPONSE])

    def test_wsgi_12_a_body_beyond_the_credit_waits_for_it(self) -> None:
        with self.front(app_of(bytes(f.INITIAL_WINDOW + 10))) as front:
            stream = front.request()
            sizes = [len(front.next_of(stream).payload) for _ in range(4)]
            self.assertLessEqual(max(sizes), f.MAX_BODY + 6 + len('OK\nContent-Type\ntext/plain\n'))
            front.window(stream, 1)
            self.assertEqual(front.next_of(stream).payload, b'\0')
            front.window(stream, 100)
            self.assertEqual(len(front.answer(stream).body), 9)

    def test_wsgi_13_file_wrapper_reads_blocks_and_closes_the_file(self) -> None:
        opened: List[Any] = []

        def app(environ: Any, start_response: Any) -> Any:
            file = open(path, 'rb')
            opened.append(file)
            file.seek(2)
            start_response('200 OK', list(TEXT))
            return environ['wsgi.file_wrapper'](file, 4)

        descriptor, path = tempfile.mkstemp()
        os.write(descriptor, b'__0123456789')
        os.close(descriptor)
        with self.front(app) as front:
            self.assertEqual(front.get().body, b'0123456789')
        self.assertTrue(opened[0].closed)
        os.unlink(path)

    def test_wsgi_14_answers_without_content_carry_no_body_and_204_no_length(self) -> None:
        for status, length in (('204 No Content', None), ('304 Not Modified', '1')):
            app = app_of(b'x', status=status, headers=[('Content-Length', '1')])
            with self.subTest(status), self.bad(app) as front:
                answer = front.get()
                self.assertEqual((answer.body, answer.header('content-length')), (b'', length))

    def test_wsgi_15_an_exception_aborts_with_the_apps_frames_only(self) -> None:
        def app(environ: Any, start_response: Any) -> List[bytes]:
            raise LookupError('in the app')

        with self.bad(app) as front:
            answer = front.get()
        self.assertEqual(answer.kinds, [f.ABORT])
        self.assertIn('LookupError: in the app', answer.abort or '')
        self.assertNotIn('response.py', answer.abort or '')

    def test_wsgi_15_system_exit_is_no_success_and_the_worker_lives(self) -> None:
        def app(environ: Any, start_response: Any) -> Iterator[bytes]:
            start_response('200 OK', list(TEXT))
            if environ['PATH_INFO'] == '/part':
                yield b'part'
            sys.exit(0)

        with self.front(app) as front:
            for path, kinds in (('/', [f.ABORT]), ('/part', [f.RESPONSE, f.ABORT])):
                answer = front.get(target=path)
                self.assertEqual(answer.kinds, kinds)
                self.assertIn('SystemExit', answer.abort or '')

    def test_a_block_that_is_no_bytes_aborts(self) -> None:
        for block in ('text', 5, None):
            with self.subTest(block), self.bad(app_of(block)) as front:  # type: ignore[arg-type]
                self.assertIn('TypeError', front.get().abort or '')

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


class WsgiThreadsTest(WsgiTest):
    """The same with a pool of threads."""

    threads = 4

    def test_requests_run_at_the_same_time(self) -> None:
        meeting = threading.Barrier(4, timeout=10)

        def app(environ: Any, start_response: Any) -> List[bytes]:
            meeting.wait()
            start_response('200 OK', list(TEXT))
            return [threading.current_thread().name.encode()]

        with self.front(app) as front:
            streams = [front.request() for _ in range(4)]
            self.assertEqual(len({front.answer(stream).body for stream in streams}), 4)


class WsgiValidatorTest(WsgiTest):
    """The same with wsgiref's validator around the app: it asserts both sides of PEP 3333."""

    wrap = staticmethod(validator)


if __name__ == '__main__':
    unittest.main()
