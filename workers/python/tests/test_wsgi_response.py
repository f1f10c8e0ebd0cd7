"""Points 10 to 15: what is sent: with one thread, with several, and under wsgiref's validator, which asserts both sides of PEP 3333."""

from __future__ import annotations

import sys
import threading
import unittest
from typing import Any, Iterator, List
from wsgiref.validate import validator

from galley_worker import frames as f

from .wsgi_case import TEXT, Blocks, WsgiCase, app_of


class ResponseTest(WsgiCase):
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
            ('200 OK', [('X\r\nSet-Cookie', 'b')]),
            ('200 OK', [('X Y', 'b')]),
            ('200 OK', [('', 'b')]),
            ('200 OK', [('Content-Length', 5)]),
            ('200 OK', [('Content-Length', '-1')]),
        ):
            with self.subTest(case), self.bad(app) as front:
                answer = front.get()
                self.assertEqual(answer.kinds, [f.ABORT])
                self.assertIn('Error: ', answer.abort or '')

    def test_wsgi_10_more_headers_than_fit_a_frame_fail_for_that_request_alone(self) -> None:
        def app(environ: Any, start_response: Any) -> List[bytes]:
            start_response('200 OK', [*TEXT, ('X', 'x' * size)])
            return [b'x']

        with self.front(app) as front:
            size = 2 * f.MAX_PAYLOAD
            answer = front.get()
            self.assertEqual(answer.kinds, [f.ABORT])
            self.assertIn('bytes of headers: 65536 are the most', answer.abort or '')
            size = 65_000
            self.assertEqual(front.get().body, b'x')

    def test_wsgi_10_a_long_reason_is_cut(self) -> None:
        with self.bad(app_of(b'x', status='200 ' + 'x' * 1000)) as front:
            self.assertEqual(front.get().reason, 'x' * 255)

    def test_wsgi_10_hop_by_hop_headers_are_left_out(self) -> None:
        names = ['Connection', 'keep-alive', 'Transfer-Encoding', 'Upgrade', 'TE', 'Trailers', 'Proxy-Authenticate', 'Proxy-Authorization']
        headers = [*TEXT, *((name, 'close') for name in names), ('X-A', 'close')]
        with self.front(app_of(b'x', headers=headers)) as front:
            answer = front.get()
        self.assertEqual((answer.headers, answer.body), ([*TEXT, ('X-A', 'close')], b'x'))

    def test_wsgi_10_a_reason_may_be_missing(self) -> None:
        with self.bad(app_of(b'x', status='200')) as front:
            answer = front.get()
        self.assertEqual((answer.status, answer.reason), (200, ''))

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

    def test_wsgi_11_blocks_of_a_list_are_not_joined(self) -> None:
        with self.front(app_of(b'one', b'', b'two')) as front:
            answer = front.get()
        self.assertEqual((answer.body, answer.kinds), (b'onetwo', [f.RESPONSE, f.BODY, f.BODY]))

    def test_wsgi_11_a_block_beyond_the_credit_keeps_the_next_one_unasked(self) -> None:
        asked: List[str] = []

        def app(environ: Any, start_response: Any) -> Iterator[bytes]:
            start_response('200 OK', list(TEXT))
            yield bytes(f.INITIAL_WINDOW + 1)
            asked.append('next')
            yield b'x'

        with self.front(app) as front:
            stream = front.request()
            for _ in range(f.INITIAL_WINDOW // f.MAX_BODY):
                front.next_of(stream)
            self.assertEqual(asked, [])
            front.window(stream, 2)
            self.assertEqual(front.answer(stream).body, b'\0x')

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

    def test_wsgi_12_a_declared_length_of_zero_is_a_body_of_no_bytes(self) -> None:
        nothing = [*TEXT, ('Content-Length', '0')]
        for blocks in ((), (b'',), (b'', b'')):
            with self.front(app_of(*blocks, headers=nothing)) as front:
                self.assertEqual(front.get().kinds, [f.RESPONSE])
        with self.bad(app_of(b'', b'x', headers=nothing)) as front:
            stream = front.request()
            self.assertEqual(front.answer(stream).body, b'')
            self.assertIn('more body than the Content-Length', front.answer(stream).abort or '')

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
            self.assertLessEqual(max(sizes), f.MAX_BODY + 100)
            front.window(stream, 1)
            self.assertEqual(front.next_of(stream).payload, b'\0')
            front.window(stream, 100)
            self.assertEqual(len(front.answer(stream).body), 9)

    def test_wsgi_14_answers_without_content_carry_no_body_and_204_no_length(self) -> None:
        for status, length in (('204 No Content', None), ('304 Not Modified', '1')):
            app = app_of(b'x', status=status, headers=[('Content-Length', '1'), ('Transfer-Encoding', 'chunked')])
            with self.subTest(status), self.bad(app) as front:
                answer = front.get()
                self.assertEqual((answer.body, answer.header('content-length')), (b'', length))
                self.assertEqual((answer.header('transfer-encoding'), answer.kinds), (None, [f.RESPONSE]))

    def test_wsgi_15_an_exception_aborts_with_the_apps_frames_only(self) -> None:
        def app(environ: Any, start_response: Any) -> List[bytes]:
            raise LookupError('in the app')

        with self.bad(app) as front:
            answer = front.get()
        self.assertEqual(answer.kinds, [f.ABORT])
        self.assertIn('LookupError: in the app', answer.abort or '')
        self.assertNotIn('wsgi/response.py', answer.abort or '')

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

    def test_wsgi_15_an_exception_inside_the_iterable_tears_the_answer_down(self) -> None:
        def app(environ: Any, start_response: Any) -> Iterator[bytes]:
            start_response('200 OK', [*TEXT, ('Content-Length', '8')])
            yield b'part'
            raise LookupError('half way')

        with self.front(app) as front:
            answer = front.get()
            self.assertEqual((answer.body, answer.kinds), (b'part', [f.RESPONSE, f.ABORT]))
            self.assertIn('LookupError: half way', answer.abort or '')
            self.assertEqual(front.get().kinds, [f.RESPONSE, f.ABORT])

    def test_wsgi_15_an_exception_before_the_first_block_is_no_answer(self) -> None:
        def app(environ: Any, start_response: Any) -> Iterator[bytes]:
            start_response('200 OK', list(TEXT))
            yield b''
            raise LookupError('before the first byte')

        with self.front(app) as front:
            self.assertEqual(front.get().kinds, [f.ABORT])

    def test_a_block_that_is_no_bytes_aborts(self) -> None:
        for block in ('text', 5, None):
            with self.subTest(block), self.bad(app_of(block)) as front:  # type: ignore[arg-type]
                self.assertIn('TypeError', front.get().abort or '')


class ResponseThreadsTest(ResponseTest):
    """The same with a pool of threads."""

    threads = 4


class ResponseValidatorTest(ResponseTest):
    """The same with the validator around the app."""

    wrap = staticmethod(validator)


if __name__ == '__main__':
    unittest.main()
