"""Point 13: wsgi.file_wrapper: with one thread, with several, and, as far as middleware leaves it, under wsgiref's validator."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import tempfile
import threading
import unittest
from types import SimpleNamespace
from typing import Any, Callable, Iterator, List, Optional
from wsgiref.validate import validator

from galley_worker import frames as f
from galley_worker.wsgi.file_wrapper import FileWrapper

from .fake_front import Connection, Headers
from .wsgi_case import TEXT, FilePart, WsgiCase, next_file

DATA = bytes(range(256)) * 300


class Closing:
    """A file-like object that has `read` and `close` alone, and notes what is done."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)
        self.sizes: List[int] = []
        self.closed = 0

    def read(self, size: int) -> bytes:
        self.sizes.append(size)
        return self._file.read(size)

    def close(self) -> None:
        self.closed += 1


@contextlib.contextmanager
def without_privileges() -> Iterator[None]:
    """Permissions count in the `with` block, even where root runs the tests."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


class Proxy:
    """Passes the methods of a file on, as Django's File does."""

    def __init__(self, file: Any) -> None:
        self.file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


def sending(make: Callable[[], Any], headers: Headers = TEXT, *sizes: int, status: str = '200 OK') -> Any:
    """An app that returns the file in the wrapper, given these block sizes."""

    def app(environ: Any, start_response: Any) -> Any:
        start_response(status, list(headers))
        return environ['wsgi.file_wrapper'](make(), *sizes)

    return app


class FileCase(WsgiCase):
    def setUp(self) -> None:
        descriptor, self.path = tempfile.mkstemp()
        os.write(descriptor, DATA)
        os.close(descriptor)
        self.addCleanup(os.unlink, self.path)
        self.opened: List[Any] = []

    def open_at(self, offset: int, **options: Any) -> Callable[[], Any]:
        """Opens the file, notes it and reads so many bytes, of which a buffer then holds more."""

        def make() -> Any:
            file = open(self.path, 'rb', **options)
            self.opened.append(file)
            self.assertEqual(file.read(offset), DATA[:offset])
            return file

        return make


class FileFrameTest(FileCase):
    """What the front sends by itself."""

    def take(self, front: Connection, stream: int) -> FilePart:
        """The FILE that comes next, its bytes not yet asked for and the file open at the worker."""
        part = next_file(front, stream)
        self.assertEqual(part.path.rsplit('/', 1)[0], f'/proc/{os.getpid()}/fd')
        self.assertFalse(self.opened[-1].closed)
        return part

    def check(self, app: Any, expected: bytes, length: Optional[int]) -> None:
        """Has the app send the file; then asks for it by HEAD."""
        with self.front(app) as front:
            stream = front.request()
            head = front.next_of(stream)
            self.assertEqual((head.kind, head.flags), (f.RESPONSE, 0))
            part = self.take(front, stream)
            self.assertEqual(part.read(), expected)
            front.window(stream, f.FRAME_CREDIT)
            self.assertEqual(front.answer(stream).kinds, [f.BODY])
            answer = front.get(method='HEAD')
            self.assertEqual(answer.kinds, [f.RESPONSE])
            self.assertEqual(answer.header('content-length'), None if length is None else str(length))
        self.assertEqual([file.closed for file in self.opened], [True, True])

    def test_wsgi_13_a_file_goes_out_as_a_file_frame_with_its_length(self) -> None:
        self.check(sending(self.open_at(0)), DATA, len(DATA))

    def test_wsgi_13_a_file_goes_out_from_its_current_offset(self) -> None:
        for options in ({}, {'buffering': 0}):
            self.opened.clear()
            self.check(sending(self.open_at(7, **options)), DATA[7:], len(DATA) - 7)

    def test_wsgi_13_a_declared_length_is_kept(self) -> None:
        for length in (f.MAX_BODY + 1, len(DATA) - 7):
            self.opened.clear()
            self.check(sending(self.open_at(7), [*TEXT, ('Content-Length', str(length))]), DATA[7 : 7 + length], length)

    def test_wsgi_13_a_declared_length_beyond_the_end_is_an_error(self) -> None:
        with self.front(sending(self.open_at(7), [*TEXT, ('Content-Length', str(len(DATA) - 6))])) as front:
            answer = front.get()
        self.assertEqual(answer.kinds, [f.ABORT])
        self.assertIn('1 bytes before the Content-Length', answer.abort or '')
        self.assertTrue(self.opened[0].closed)

    def test_wsgi_13_the_length_joins_the_other_headers(self) -> None:
        headers = [*TEXT, ('X-A', '\xe9')]
        with self.front(sending(self.open_at(0), headers)) as front:
            self.assertEqual(front.get(method='HEAD').headers, [*headers, ('Content-Length', str(len(DATA)))])

    def test_wsgi_13_a_file_follows_what_was_written(self) -> None:
        def app(environ: Any, start_response: Any) -> Any:
            start_response('200 OK', list(headers))(b'written')
            return environ['wsgi.file_wrapper'](self.open_at(0)())

        for headers, length in ((TEXT, len(DATA)), ([*TEXT, ('Content-Length', '70007')], 70_000)):
            with self.front(app) as front:
                stream = front.request()
                self.assertTrue(front.next_of(stream).payload.endswith(b'written'))
                self.assertEqual(self.take(front, stream).read(), DATA[:length])
                front.window(stream, f.FRAME_CREDIT)
                self.assertEqual(front.answer(stream).kinds, [f.BODY])

    def test_wsgi_13_a_proxy_of_a_file_is_sent_as_the_file(self) -> None:
        self.check(sending(lambda: Proxy(self.open_at(3)())), DATA[3:], len(DATA) - 3)

    def test_wsgi_13_what_the_app_has_just_written_to_a_file_is_sent(self) -> None:
        def make() -> Any:
            file = tempfile.TemporaryFile()
            self.opened.append(file)
            file.write(DATA)
            file.seek(0)
            file.read(1)
            # Into what was read ahead, where it stays until something asks for it.
            file.seek(4)
            file.write(b'__')
            file.seek(2)
            return file

        self.check(sending(make), DATA[2:4] + b'__' + DATA[6:], len(DATA) - 2)

    def test_wsgi_13_a_file_that_was_deleted_is_sent(self) -> None:
        def make() -> Any:
            with tempfile.NamedTemporaryFile() as named:
                named.write(DATA)
                named.flush()
                self.opened.append(open(named.name, 'rb'))
            return self.opened[-1]

        self.check(sending(make), DATA, len(DATA))

    def test_wsgi_13_a_thread_that_has_told_of_a_file_is_free_once_the_front_has_it_open(self) -> None:
        with self.front(sending(self.open_at(0))) as front:
            streams = [front.request() for _ in range(self.threads + 1)]
            for stream in streams:
                front.next_of(stream)
                self.take(front, stream)
                front.window(stream, f.FRAME_CREDIT)
                self.assertEqual(front.answer(stream).kinds, [f.BODY])

    def test_wsgi_13_the_file_is_closed_when_the_client_left_while_the_front_opens_it(self) -> None:
        with self.front(sending(self.open_at(0))) as front:
            stream = front.request()
            front.next_of(stream)
            self.take(front, stream)
            front.cancel(stream)
            self.assertEqual(front.answer(stream).abort, '')
        self.assertTrue(self.opened[0].closed)

    def test_wsgi_13_the_file_is_closed_when_the_client_left_before(self) -> None:
        begun = threading.Event()

        def app(environ: Any, start_response: Any) -> Any:
            start_response('200 OK', list(TEXT))
            begun.set()
            with contextlib.suppress(OSError):
                environ['wsgi.input'].read()
            return environ['wsgi.file_wrapper'](self.open_at(0)())

        with self.front(app) as front:
            stream = front.request('POST', flags=0)
            self.assertTrue(begun.wait(10))
            front.cancel(stream)
            answer = front.answer(stream)
        self.assertEqual((answer.abort, f.FILE in answer.kinds), ('', False))
        self.assertTrue(self.opened[0].closed)

    def test_wsgi_13_a_file_waits_for_its_credit(self) -> None:
        def app(environ: Any, start_response: Any) -> Any:
            start_response('200 OK', list(TEXT))(bytes(f.INITIAL_WINDOW - f.FRAME_CREDIT + 1))
            return environ['wsgi.file_wrapper'](self.open_at(0)())

        with self.front(app) as front:
            stream = front.request()
            for _ in range(f.INITIAL_WINDOW // f.MAX_BODY):
                front.next_of(stream)
            # The worker tells of a request that was cancelled behind whatever it has sent.
            other = front.request()
            front.cancel(other)
            front.answer(other)
            self.assertEqual([frame for frame in front.frames if frame.stream == stream], [])
            front.window(stream, 1)
            self.assertEqual(self.take(front, stream).read(), DATA)
            front.window(stream, f.FRAME_CREDIT)
            self.assertEqual(front.answer(stream).kinds, [f.BODY])

    def test_wsgi_13_an_answer_without_content_sends_no_file(self) -> None:
        for status in ('204 No Content', '304 Not Modified'):
            with self.bad(sending(self.open_at(0), [], status=status)) as front:
                answer = front.get()
            self.assertEqual((answer.kinds, answer.headers), ([f.RESPONSE], []))
            self.assertTrue(self.opened[-1].closed)


    def test_wsgi_13_a_file_that_fits_a_frame_is_read_here(self) -> None:
        for length, kinds in ((f.MAX_BODY, [f.RESPONSE]), (f.MAX_BODY + 1, [f.RESPONSE, f.FILE, f.BODY])):
            os.truncate(self.path, 7 + length)
            with self.front(sending(self.open_at(7))) as front:
                stream = front.request()
                if f.FILE in kinds:
                    front.window(stream, f.FRAME_CREDIT)
                answer = front.answer(stream)
            self.assertEqual((answer.kinds, answer.header('content-length')), (kinds, str(length)))
            self.assertEqual(answer.body, DATA[7 : 7 + length] if kinds == [f.RESPONSE] else b'')
            self.assertTrue(self.opened[-1].closed)

    def test_wsgi_13_a_short_file_is_sent_from_its_offset_and_as_far_as_declared(self) -> None:
        os.truncate(self.path, 1000)
        for declared, length in ((None, 993), (993, 993), (5, 5), (994, -1)):
            headers = TEXT if declared is None else [*TEXT, ('Content-Length', str(declared))]
            for buffering in (0, -1):
                with self.front(sending(self.open_at(7, buffering=buffering), headers)) as front:
                    answer = front.get()
                if length < 0:
                    self.assertIn('1 bytes before the Content-Length', answer.abort or '')
                    continue
                self.assertEqual((answer.body, answer.kinds), (DATA[7 : 7 + length], [f.RESPONSE]))
                self.assertEqual(answer.header('content-length'), str(length))


class FileFrameThreadsTest(FileFrameTest):
    """The same with a pool of threads."""

    threads = 4


class DeclaredLengthTest(FileCase):
    """What the worker reads of a file itself, where no middleware asks for blocks."""

    def test_wsgi_13_no_more_is_read_than_was_declared_and_nothing_for_head(self) -> None:
        for method, length, reads in (('GET', 0, 0), ('GET', 4096, 1), ('GET', 5000, 2), ('HEAD', 5000, 0)):
            made = Closing(DATA)
            with self.front(sending(lambda: made, [*TEXT, ('Content-Length', str(length))], 4096)) as front:
                body = front.get(method=method).body
            self.assertEqual(body, DATA[:length] if method == 'GET' else b'')
            self.assertEqual((len(made.sizes), made.closed), (reads, 1))
            self.assertEqual(list(front.frames), [])


class BlocksTest(FileCase):
    """What the worker reads and sends."""

    def check(self, make: Callable[[], Any], expected: bytes) -> None:
        with self.front(sending(make, TEXT, 4096)) as front:
            answer = front.get()
        self.assertEqual((answer.body, answer.abort), (expected, None))
        self.assertNotIn(f.FILE, answer.kinds)

    def test_wsgi_13_what_is_no_file_is_read_in_blocks_and_closed(self) -> None:
        made = Closing(DATA)
        self.check(lambda: made, DATA)
        self.assertEqual((set(made.sizes), made.closed), ({4096}, 1))
        self.check(lambda: io.BytesIO(DATA), DATA)

    def test_wsgi_13_a_pipe_is_read_in_blocks(self) -> None:
        for buffering in (0, -1):
            reader, writer = os.pipe()
            os.write(writer, DATA[:9000])
            os.close(writer)
            file = open(reader, 'rb', buffering)
            self.check(lambda: file, DATA[:9000])
            self.assertTrue(file.closed)

    def test_wsgi_13_a_file_that_decodes_is_read(self) -> None:
        path = f'{self.path}.gz'
        with gzip.open(path, 'wb') as packed:
            packed.write(DATA)
        self.addCleanup(os.unlink, path)
        self.check(lambda: gzip.open(path, 'rb'), DATA)

    def test_wsgi_13_a_file_that_has_no_true_size_is_read(self) -> None:
        for path in ('/proc/self/limits', '/sys/devices/system/cpu/possible'):
            if os.path.exists(path):
                with open(path, 'rb') as file:
                    self.check(lambda: open(path, 'rb'), file.read())

    def test_wsgi_13_a_file_that_may_not_be_opened_again_is_read(self) -> None:
        file = self.open_at(0)()
        os.chmod(self.path, 0)
        with without_privileges():
            self.check(lambda: file, DATA)

    def test_wsgi_13_an_empty_file_is_an_empty_answer(self) -> None:
        os.truncate(self.path, 0)
        self.check(self.open_at(0), b'')

    def test_wsgi_13_a_file_at_its_end_is_an_empty_answer(self) -> None:
        self.check(self.open_at(len(DATA)), b'')

    def test_wsgi_13_a_declared_length_beyond_the_end_is_an_error_of_blocks_too(self) -> None:
        with self.front(sending(lambda: io.BytesIO(b'1234'), [*TEXT, ('Content-Length', '5')], 4096)) as front:
            answer = front.get()
        self.assertEqual((answer.body, answer.kinds), (b'1234', [f.RESPONSE, f.ABORT]))

    def test_wsgi_13_a_file_of_text_is_an_error(self) -> None:
        with self.bad(sending(lambda: open(self.path, encoding='latin-1'))) as front:
            self.assertIn('TypeError', front.get().abort or '')

    def test_wsgi_13_a_file_that_is_not_open_for_reading_is_an_error(self) -> None:
        with self.bad(sending(lambda: open(self.path, 'ab', 0))) as front:
            self.assertIn('UnsupportedOperation', front.get().abort or '')

    def test_wsgi_13_a_wrapper_that_middleware_holds_is_read(self) -> None:
        def middleware(environ: Any, start_response: Any) -> Iterator[bytes]:
            blocks = sending(self.open_at(0), TEXT, 4096)(environ, start_response)
            try:
                yield from blocks
            finally:
                blocks.close()

        with self.front(middleware) as front:
            answer = front.get()
        self.assertEqual((answer.body, answer.kinds[0], set(answer.kinds[1:])), (DATA, f.RESPONSE, {f.BODY}))
        self.assertTrue(self.opened[0].closed)

    def test_wsgi_13_the_file_is_closed_when_reading_fails(self) -> None:
        class Broken(Closing):
            def read(self, size: int) -> bytes:
                raise LookupError('while reading')

        made = Broken(b'')
        with self.front(sending(lambda: made, TEXT, 4096)) as front:
            self.assertIn('while reading', front.get().abort or '')
        self.assertEqual(made.closed, 1)

    def test_wsgi_13_a_wrapper_without_a_call_of_start_response_is_an_error(self) -> None:
        with self.bad(lambda environ, _: environ['wsgi.file_wrapper'](self.open_at(0)())) as front:
            self.assertIn('without a call of start_response', front.get().abort or '')
        self.assertTrue(self.opened[0].closed)

    def test_wsgi_13_close_is_the_one_of_the_file_at_that_time(self) -> None:
        made = Closing(b'')
        wrapper = FileWrapper(made)
        made.close = lambda: events.append('replaced')  # type: ignore[method-assign]
        events: List[str] = []
        wrapper.close()
        self.assertEqual(events, ['replaced'])

    def test_wsgi_13_a_file_without_close_need_not_be_closed(self) -> None:
        self.check(lambda: SimpleNamespace(read=io.BytesIO(DATA).read), DATA)


class BlocksValidatorTest(BlocksTest):
    """The same with the validator around the app, which holds the wrapper itself."""

    wrap = staticmethod(validator)


if __name__ == '__main__':
    unittest.main()
