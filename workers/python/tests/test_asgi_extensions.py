"""Points 17 and 18 of the ASGI specification's traps: trailers and early hints."""

from __future__ import annotations

import asyncio
import marshal
import threading
import unittest
from typing import Any, List

from galley_worker import frames as f

from .asgi_apps import body, sends, start
from .fake_front import FakeFront, Frame, read_head

WITH_TRAILERS = {**start(), 'trailers': True}


def trailers(headers: Any, more: bool = False) -> Any:
    return {'type': 'http.response.trailers', 'headers': headers, 'more_trailers': more}


def hint(*links: bytes) -> Any:
    return {'type': 'http.response.early_hint', 'links': links}


class ExtensionsTest(unittest.TestCase):
    uvloop = 'auto'

    def front(self, app: Any, **changes: Any) -> FakeFront:
        return FakeFront(app, uvloop=self.uvloop, **changes)

    def frames(self, *messages: Any, **request: Any) -> List[Frame]:
        """All frames of the answer of an app that sends these messages."""
        with self.front(sends(*messages)) as front:
            stream = front.request(**request)
            frames = [front.next_of(stream)]
            while not frames[-1].ends:
                frames.append(front.next_of(stream))
            return frames

    def test_asgi_17_trailers_follow_the_body_and_end_the_answer(self) -> None:
        sent = trailers([(b'x-sum', b'1'), (b'x-b', b'\xff')])
        frames = self.frames(WITH_TRAILERS, body(b'a', True), body(b'b'), sent)
        self.assertEqual([(each.kind, each.flags) for each in frames], [(f.RESPONSE, 0), (f.BODY, 0), (f.TRAILERS, f.END)])
        self.assertEqual(marshal.loads(frames[2].payload), sent['headers'])

    def test_asgi_17_a_body_in_one_message_does_not_end_the_answer(self) -> None:
        for data in (b'', b'all'):
            frames = self.frames(WITH_TRAILERS, body(data), trailers([]))
            self.assertEqual([(each.kind, each.flags) for each in frames], [(f.RESPONSE, 0), (f.TRAILERS, f.END)])
            self.assertEqual(read_head(frames[0].payload)[3], data)

    def test_asgi_17_several_trailers_messages_are_one_frame(self) -> None:
        messages = (trailers([(b'a', b'1')], True), trailers(((b'b', b'2'),), True), trailers([]))
        frames = self.frames(WITH_TRAILERS, body(), *messages)
        self.assertEqual(marshal.loads(frames[1].payload), [(b'a', b'1'), (b'b', b'2')])

    def test_asgi_17_an_answer_without_a_body_has_no_trailers_either(self) -> None:
        frames = self.frames(WITH_TRAILERS, body(b'x'), trailers([(b'a', b'1')]), method='HEAD')
        self.assertEqual([(each.kind, each.flags) for each in frames], [(f.RESPONSE, 0), (f.BODY, f.END)])

    def test_asgi_17_trailers_that_must_not_come_now_raise(self) -> None:
        one = trailers([(b'a', b'1')])
        cases = {
            'before the start': (one,),
            'not announced': (start(), body(b'x', True), one),
            'before the body': (WITH_TRAILERS, one),
            'before the end of the body': (WITH_TRAILERS, body(b'x', True), one),
            'body after its end': (WITH_TRAILERS, body(b'x'), body(b'y')),
        }
        for name, messages in cases.items():
            with self.subTest(name):
                self.assertIn(b'RuntimeError: Cannot send ', self.frames(*messages)[-1].payload)

    def test_asgi_17_an_answer_whose_trailers_do_not_come_is_not_complete(self) -> None:
        for messages in ((), (trailers([(b'a', b'1')], True),)):
            frames = self.frames(WITH_TRAILERS, body(b'x'), *messages)
            self.assertEqual([each.kind for each in frames], [f.RESPONSE, f.ABORT])

    def test_asgi_17_more_trailers_and_hints_than_fit_a_frame_fail_for_that_request_alone(self) -> None:
        much = bytes(f.MAX_PAYLOAD)
        text = b'bytes of headers: 65536 are the most'
        with self.front(sends(WITH_TRAILERS, body(b'x'), trailers([(b'a', much)]))) as front:
            for _ in range(2):
                answer = front.get()
                self.assertEqual(answer.kinds, [f.RESPONSE, f.ABORT])
                self.assertIn(text.decode(), answer.abort or '')
        frames = self.frames(hint(much), start(), body())
        self.assertEqual([each.kind for each in frames], [f.ABORT])
        self.assertIn(text, frames[0].payload)

    def test_asgi_17_receive_waits_until_the_trailers_are_sent(self) -> None:
        seen: List[Any] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            waiting = asyncio.ensure_future(receive())
            await sends(WITH_TRAILERS, body(b'x'))(scope, receive, send)
            await asyncio.sleep(0)
            seen.append(waiting.done())
            await send(trailers([]))
            seen.append((await waiting)['type'])

        with self.front(app) as front:
            front.get()
        self.assertEqual(seen, [False, 'http.disconnect'])

    def test_asgi_18_early_hints_are_a_103_with_one_link_each(self) -> None:
        frames = self.frames(hint(b'</a.css>; rel=preload', b'</b.js>'), hint(b'</c>'), start(), hint(b'</d>'), body(b'x'))
        self.assertEqual([each.kind for each in frames], [f.INFORM] * 3 + [f.RESPONSE])
        links = [('link', '</a.css>; rel=preload'), ('link', '</b.js>')]
        self.assertEqual(read_head(frames[0].payload), (103, '', links, b''))
        self.assertEqual(read_head(frames[2].payload)[2], [('link', '</d>')])

    def test_asgi_18_an_early_hint_leaves_at_once(self) -> None:
        released = threading.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send(hint(b'</a>'))
            released.wait(10)  # blocks the event loop: the hint must be gone already
            await sends(start(), body())(scope, receive, send)

        with self.front(app) as front:
            stream = front.request()
            self.assertEqual(front.next_of(stream).kind, f.INFORM)
            released.set()
            self.assertEqual(front.answer(stream).status, 200)

    def test_asgi_18_a_hint_behind_the_head_is_ignored_and_behind_the_end_an_error(self) -> None:
        frames = self.frames(start(), body(b'x', True), hint(b'</a>'), body(b'y'))
        self.assertEqual([each.kind for each in frames], [f.RESPONSE, f.BODY])
        with self.front(sends(start(), body(b'x'), hint(b'</a>'))) as front:
            stream = front.request()
            front.answer(stream)
            self.assertIn('the response is complete', front.answer(stream).abort or '')

    def test_asgi_18_what_is_not_advertised_raises(self) -> None:
        for kind in ('push', 'debug'):
            with self.subTest(kind):
                frames = self.frames({'type': f'http.response.{kind}', 'path': '/', 'headers': [], 'info': {}}, start(), body())
                self.assertIn(b'RuntimeError: Cannot send a message of type ', frames[-1].payload)


class AsyncioExtensionsTest(ExtensionsTest):
    """The same without uvloop."""

    uvloop = 'off'


if __name__ == '__main__':
    unittest.main()
