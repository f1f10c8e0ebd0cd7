"""Point 18 of the ASGI specification's traps: files that the front sends."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import struct
import tempfile
import unittest
from typing import Any, Dict, List, Tuple

from galley_worker import frames as f
from galley_worker.asgi.sent_file import CAN_SEND_OPEN_FILES, blocks_of

from .asgi_apps import body, sends, start
from .fake_front import Connection, FakeFront, Frame

CONTENT = bytes(range(250))
LENGTH_250 = [(b'content-length', b'250')]


needs_open_files = unittest.skipUnless(CAN_SEND_OPEN_FILES, 'open files have no path without /proc')


def path_send(path: Any) -> Any:
    return {'type': 'http.response.pathsend', 'path': path}


def zero_copy(file: Any, **fields: Any) -> Any:
    return {'type': 'http.response.zerocopysend', 'file': file, **fields}


def opened(front: Connection, frame: Frame) -> bytes:
    """What a FILE stands for; tells the worker that the file is open."""
    assert (frame.kind, frame.flags) == (f.FILE, 0), frame[:3]
    offset, length = struct.unpack_from('<QQ', frame.payload)
    with open(frame.payload[16:], 'rb') as file:
        front.window(frame.stream, f.FRAME_CREDIT)
        file.seek(offset)
        return file.read(length)


class FilesTest(unittest.TestCase):
    uvloop = 'auto'

    def setUp(self) -> None:
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        self.path = os.path.join(folder, 'päth')
        with open(self.path, 'wb') as file:
            file.write(CONTENT)

    def front(self, app: Any, **changes: Any) -> FakeFront:
        return FakeFront(app, uvloop=self.uvloop, **changes)

    def fetch(self, *messages: Any, **request: Any) -> Tuple[bytes, List[int], str]:
        """The body that the client of an app which sends these messages gets, the kinds of frames, and what an ABORT says."""
        with self.front(sends(*messages)) as front:
            stream = front.request(**request)
            got, kinds = b'', []
            while True:
                frame = front.next_of(stream)
                kinds.append(frame.kind)
                if frame.kind == f.RESPONSE:
                    got += frame.payload[6 + struct.unpack_from('<I', frame.payload)[0] :]
                elif frame.kind == f.BODY:
                    got += frame.payload
                elif frame.kind == f.FILE:
                    got += opened(front, frame)
                if frame.ends:
                    return got, kinds, frame.payload.decode() if frame.kind == f.ABORT else ''

    def test_asgi_18_pathsend_is_the_head_the_file_and_the_end(self) -> None:
        for headers in ([], LENGTH_250):
            got = self.fetch(start(200, headers), path_send(self.path))
            self.assertEqual(got, (CONTENT, [f.RESPONSE, f.FILE, f.BODY], ''))

    def test_asgi_18_pathsend_of_a_file_that_has_grown_sends_what_was_declared(self) -> None:
        for length in (249, 1, 0):
            got, kinds, abort = self.fetch(start(200, [(b'content-length', str(length).encode())]), path_send(self.path))
            self.assertEqual((got, kinds[-1], abort), (CONTENT[:length], f.BODY if length else f.RESPONSE, ''))

    def test_asgi_18_pathsend_of_a_path_that_is_not_utf8(self) -> None:
        path = os.fsencode(self.path) + b'\xff'
        os.rename(self.path, path)
        self.assertEqual(self.fetch(start(), path_send(os.fsdecode(path))), (CONTENT, [f.RESPONSE, f.FILE, f.BODY], ''))

    @unittest.skipUnless(os.path.exists('/proc/self/status'), 'needs /proc')
    def test_asgi_18_a_file_that_misstates_its_size_is_read_here(self) -> None:
        self.assertEqual(os.stat('/proc/sys/kernel/ostype').st_size, 0)
        got, kinds, abort = self.fetch(start(), path_send('/proc/sys/kernel/ostype'))
        self.assertEqual((got, kinds[0], kinds[-1], abort), (b'Linux\n', f.RESPONSE, f.RESPONSE, ''))
        got, kinds, abort = self.fetch(start(200, [(b'content-length', b'3')]), path_send('/proc/sys/kernel/ostype'))
        self.assertEqual((got, abort), (b'Lin', ''))
        _, kinds, abort = self.fetch(start(200, [(b'content-length', b'9')]), path_send('/proc/sys/kernel/ostype'))
        self.assertEqual(kinds, [f.ABORT])
        self.assertIn('before the declared Content-Length', abort)
        got, kinds, abort = self.fetch(start(), path_send('/proc/sys/kernel/ostype'), method='HEAD')
        self.assertEqual((got, kinds, abort), (b'', [f.RESPONSE], ''))

    @unittest.skipUnless(os.path.exists('/proc/self/status'), 'needs /proc')
    def test_asgi_18_zero_copy_of_a_file_that_misstates_its_size_raises(self) -> None:
        with open('/proc/self/status', 'rb') as file:
            self.assertIn('only reading it tells how long it is', self.fetch(start(), zero_copy(file))[2])

    def test_asgi_18_a_sparse_file_is_as_long_as_it_says(self) -> None:
        os.truncate(self.path, 0)
        os.truncate(self.path, 500)
        self.assertEqual(self.fetch(start(), path_send(self.path)), (bytes(500), [f.RESPONSE, f.FILE, f.BODY], ''))

    def test_asgi_18_blocks_end_at_the_limit_or_with_the_file(self) -> None:
        with open(self.path, 'wb') as file:
            file.write(bytes(f.MAX_BODY) + b'x')
        rest = (b'x', True)
        for limit, expected in (
            (None, [(bytes(f.MAX_BODY), False), rest]),
            (f.MAX_BODY, [(bytes(f.MAX_BODY), True)]),
            (3, [(bytes(3), True)]),
            (0, [(b'', True)]),
        ):
            self.assertEqual(list(blocks_of(self.path, limit)), expected)

    def test_asgi_18_pathsend_of_an_empty_file_needs_no_file_frame(self) -> None:
        open(self.path, 'wb').close()
        self.assertEqual(self.fetch(start(), path_send(self.path)), (b'', [f.RESPONSE], ''))

    def test_asgi_18_pathsend_may_be_followed_by_trailers(self) -> None:
        messages = ({**start(), 'trailers': True}, path_send(self.path), {'type': 'http.response.trailers', 'headers': []})
        self.assertEqual(self.fetch(*messages), (CONTENT, [f.RESPONSE, f.FILE, f.TRAILERS], ''))

    def test_asgi_18_answers_without_a_body_send_no_file(self) -> None:
        for method, status in (('HEAD', 200), ('GET', 204), ('GET', 304)):
            with self.subTest(status):
                got = self.fetch(start(status, LENGTH_250), path_send(self.path), method=method)
                self.assertEqual(got, (b'', [f.RESPONSE], ''))

    def test_asgi_18_pathsend_that_cannot_be_done_raises_before_the_head_is_sent(self) -> None:
        folder = os.path.dirname(self.path)
        cases: Dict[str, Tuple[Any, ...]] = {
            'ValueError: Cannot send': (start(), path_send('relative.txt')),
            'it is not an absolute path': (start(), path_send(self.path.encode())),
            'FileNotFoundError': (start(), path_send(self.path + '.not')),
            'it is not a regular file': (start(), path_send(folder)),
            'embedded null': (start(), path_send(self.path + '\0')),
            'before the declared Content-Length': (start(200, [(b'content-length', b'251')]), path_send(self.path)),
            'http.response.start was not sent': (path_send(self.path),),
        }
        os.mkfifo(os.path.join(folder, 'pipe'))
        for text, messages in cases.items():
            with self.subTest(text):
                _, kinds, abort = self.fetch(*messages)
                self.assertEqual(kinds, [f.ABORT])
                self.assertIn(text, abort)
        self.assertIn('not a regular file', self.fetch(start(), path_send(os.path.join(folder, 'pipe')))[2])

    def test_asgi_18_pathsend_comes_once_and_is_not_mixed_with_a_body(self) -> None:
        _, kinds, abort = self.fetch(start(), body(b'x', True), path_send(self.path))
        self.assertEqual(kinds, [f.RESPONSE, f.ABORT])
        self.assertIn('a part of the response was sent already', abort)
        for late in (path_send(self.path), body(b'x')):
            with self.front(sends(start(), path_send(self.path), late)) as front:
                stream = front.request()
                front.next_of(stream)
                opened(front, front.next_of(stream))
                self.assertIsNone(front.answer(stream).abort)
                self.assertIn('the response is complete', front.answer(stream).abort or '')

    def test_asgi_18_send_returns_when_the_front_has_the_file_open(self) -> None:
        seen: List[str] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope['path'] == '/other':
                await sends(start(), body())(scope, receive, send)
                return
            await send(start())
            await send(path_send(self.path))
            seen.append('sent')

        with self.front(app) as front:
            stream = front.request()
            self.assertEqual([front.next_of(stream).kind for _ in range(2)], [f.RESPONSE, f.FILE])
            front.get(target='/other')
            self.assertEqual((seen, list(front.frames)), ([], []))
            front.window(stream, f.FRAME_CREDIT)
            self.assertEqual(front.answer(stream).kinds, [f.BODY])
        self.assertEqual(seen, ['sent'])

    def test_asgi_18_a_file_that_the_front_cannot_open_is_a_disconnect(self) -> None:
        with self.front(sends(start(), path_send(self.path))) as front:
            stream = front.request()
            front.next_of(stream)
            front.next_of(stream)
            front.cancel(stream)
            self.assertEqual(front.answer(stream).abort, '')

    def test_asgi_18_nothing_is_sent_while_a_file_is_being_opened(self) -> None:
        seen: List[str] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send(start())
            sending = asyncio.ensure_future(send(path_send(self.path)))
            await asyncio.sleep(0)
            try:
                await send(body(b'x'))
            except RuntimeError as error:
                seen.append(str(error))
            await sending

        with self.front(app) as front:
            stream = front.request()
            front.next_of(stream)
            self.assertEqual(opened(front, front.next_of(stream)), CONTENT)
            self.assertEqual(front.answer(stream).kinds, [f.BODY])
        self.assertEqual(seen, ['Cannot send http.response.body: a file is being sent'])

    @needs_open_files
    def test_asgi_18_zero_copy_sends_from_the_position_or_the_offset_on(self) -> None:
        with open(self.path, 'rb') as file:
            file.read(10)  # what is buffered goes further
            cases: Tuple[Tuple[Dict[str, Any], bytes], ...] = (
                ({'offset': 0}, CONTENT),
                ({'offset': 0, 'count': 5}, CONTENT[:5]),
                ({'offset': 240, 'count': 100}, CONTENT[240:]),
                ({'offset': 1000}, b''),
                ({'count': 0}, b''),
                ({'count': 7}, CONTENT[10:17]),
                ({'count': None, 'offset': None}, CONTENT[17:]),
                ({}, b''),
            )
            for fields, expected in cases:
                with self.subTest(fields):
                    self.assertEqual(self.fetch(start(), zero_copy(file, **fields))[0], expected)
            self.assertFalse(file.closed)

    @needs_open_files
    def test_asgi_18_zero_copy_takes_descriptors_and_deleted_files(self) -> None:
        descriptor = os.open(self.path, os.O_RDONLY)
        self.addCleanup(os.close, descriptor)
        os.unlink(self.path)
        os.lseek(descriptor, 200, os.SEEK_SET)

        class File:
            def fileno(self) -> int:
                return descriptor

        self.assertEqual(self.fetch(start(), zero_copy(descriptor, count=10))[0], CONTENT[200:210])
        self.assertEqual(self.fetch(start(), zero_copy(File()))[0], CONTENT[210:])

    @needs_open_files
    def test_asgi_18_zero_copy_without_a_body_sends_no_file(self) -> None:
        with open(self.path, 'rb') as file:
            got = self.fetch(start(), zero_copy(file, more_body=True), zero_copy(file, offset=0), method='HEAD')
        self.assertEqual(got, (b'', [f.RESPONSE, f.BODY], ''))

    @needs_open_files
    def test_asgi_18_a_file_waits_for_credit(self) -> None:
        all_credit = body(bytes(f.INITIAL_WINDOW), True)
        with open(self.path, 'rb') as file, self.front(sends(start(), all_credit, zero_copy(file))) as front:
            stream = front.request()
            for _ in range(4):
                front.next_of(stream)
            front.window(stream, f.INITIAL_WINDOW)
            self.assertEqual(opened(front, front.next_of(stream)), CONTENT)
            self.assertEqual(front.answer(stream).kinds, [f.BODY])

    @needs_open_files
    def test_asgi_18_zero_copy_may_be_mixed_with_a_body(self) -> None:
        with open(self.path, 'rb') as file:
            got = self.fetch(
                start(200, [(b'content-length', b'18')]),
                zero_copy(file, count=4, more_body=True),
                body(b'between', True),
                zero_copy(file, offset=0, count=4, more_body=True),
                zero_copy(file, count=0, more_body=True),
                body(b'end'),
            )
        kinds = [f.RESPONSE, f.FILE, f.BODY, f.FILE, f.BODY]
        self.assertEqual(got, (CONTENT[:4] + b'between' + CONTENT[:4] + b'end', kinds, ''))

    @needs_open_files
    def test_asgi_18_zero_copy_of_what_is_no_file_raises_before_the_head_is_sent(self) -> None:
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        self.addCleanup(os.close, writing)
        with open(self.path, 'rb') as file:
            closed = file
        cases: Tuple[Any, ...] = (io.BytesIO(b'x'), closed, reading, 999_999, 'file')
        for case in cases:
            with self.subTest(case):
                _, kinds, abort = self.fetch(start(), zero_copy(case))
                self.assertEqual(kinds, [f.ABORT])
                self.assertRegex(abort, 'UnsupportedOperation|ValueError|OSError|FileNotFoundError|AttributeError')
        with open(self.path, 'rb') as file:
            for fields in ({'offset': -1}, {'count': -1}):
                self.assertIn('ValueError: Cannot send', self.fetch(start(), zero_copy(file, **fields))[2])
            short = start(200, [(b'content-length', b'3')])
            self.assertIn('more body than the declared', self.fetch(short, zero_copy(file, count=4))[2])


class AsyncioFilesTest(FilesTest):
    """The same without uvloop."""

    uvloop = 'off'


if __name__ == '__main__':
    unittest.main()
