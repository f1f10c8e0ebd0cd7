"""Points 5 and 8: the request body, and wsgi.errors: with one thread, with several, and under wsgiref's validator, which asserts both sides of PEP 3333."""

from __future__ import annotations

import contextlib
import io
import threading
import unittest
from typing import Any, List
from wsgiref.validate import validator

from galley_worker import frames as f

from .wsgi_case import TEXT, WsgiCase, app_of


class InputTest(WsgiCase):
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

    def test_wsgi_05_a_read_to_the_end_does_not_wait_for_more(self) -> None:
        def app(environ: Any, start_response: Any) -> List[bytes]:
            body = environ['wsgi.input']
            parts = [body.read(int(environ['CONTENT_LENGTH'])), body.read(1), body.readline()]
            start_response('200 OK', list(TEXT))
            return [repr(parts).encode()]

        length = [('content-length', '5')]
        with self.front(app) as front:
            for size in (0, 2, 5):
                stream = front.request('POST', headers=length, flags=0, body=b'hello'[:size])
                front.body(stream, b'hello'[size:], end=True)
                front.request('POST', headers=length, body=b'other')
                self.assertEqual(front.answer(stream).body, b"[b'hello', b'', b'']")

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
        begun = threading.Event()

        def app(environ: Any, start_response: Any) -> List[bytes]:
            begun.set()
            try:
                environ['wsgi.input'].read(10)
            except OSError as error:
                errors.append(error)
                raise
            return []

        with self.bad(app) as front:
            stream = front.request('POST', flags=0, body=b'half')
            self.assertTrue(begun.wait(10))
            front.cancel(stream)
            self.assertEqual(front.answer(stream).abort, '')
        self.assertEqual(len(errors), 1)

    def test_wsgi_05_a_client_that_left_before_a_write_raises_there(self) -> None:
        errors: List[BaseException] = []
        begun = threading.Event()

        def app(environ: Any, start_response: Any) -> List[bytes]:
            begun.set()
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
            self.assertTrue(begun.wait(10))
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


class InputThreadsTest(InputTest):
    """The same with a pool of threads."""

    threads = 4


class InputValidatorTest(InputTest):
    """The same with the validator around the app."""

    wrap = staticmethod(validator)


if __name__ == '__main__':
    unittest.main()
