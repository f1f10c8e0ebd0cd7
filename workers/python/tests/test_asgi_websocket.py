"""Points 19 to 21 of the ASGI specification's traps: the handshake and the messages of a WebSocket."""

from __future__ import annotations

import asyncio
import unittest
from typing import Any, List, Tuple

from galley_worker import frames as f

from .asgi_apps import accept, body, close, say, sends, start, websocket_echo
from .fake_front import FakeFront, read_head

OFFERED = [('sec-websocket-protocol', 'chat, superchat')]
DENIAL = {'type': 'websocket.http.response.start', 'status': 401, 'headers': [(b'x-why', b'who')]}


def denial_body(data: bytes, more: bool = False) -> Any:
    return {**body(data, more), 'type': 'websocket.http.response.body'}


class WebSocketTest(unittest.TestCase):
    uvloop = 'auto'

    def front(self, app: Any, **changes: Any) -> FakeFront:
        return FakeFront(app, uvloop=self.uvloop, **changes)

    def test_asgi_19_connect_comes_before_the_handshake_is_answered(self) -> None:
        seen: List[Any] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            seen.append((scope['type'], await receive()))
            await send(accept(headers=[(b'x-a', b'1')]))

        with self.front(app) as front:
            stream = front.websocket()
            frame = front.next_of(stream)
            self.assertEqual((frame.kind, frame.flags), (f.WS_ACCEPT, 0))
            self.assertEqual(read_head(frame.payload), (101, '', [('x-a', '1')], b''))
            self.assertEqual(front.answer(stream).kinds, [f.BODY])
        self.assertEqual(seen, [('websocket', {'type': 'websocket.connect'})])

    def test_asgi_19_a_close_before_accept_is_a_403_whatever_it_says(self) -> None:
        for fields in ({}, {'code': 4001, 'reason': 'x' * 200}, {'code': 1005}, {'reason': [{'loc': 'query'}]}):
            with self.subTest(fields), self.front(sends(close(**fields))) as front:
                answer = front.answer(front.websocket())
                self.assertEqual((answer.status, answer.kinds, answer.body), (403, [f.RESPONSE], b''))

    def test_asgi_19_a_denial_is_an_answer_as_to_any_request(self) -> None:
        with self.front(sends(DENIAL, denial_body(b'no ', True), denial_body(b'entry'))) as front:
            answer = front.answer(front.websocket())
        self.assertEqual((answer.status, answer.headers, answer.body), (401, [('x-why', 'who')], b'no entry'))
        self.assertEqual(answer.kinds, [f.RESPONSE, f.BODY])

    def test_asgi_19_a_streamed_denial_waits_for_credit(self) -> None:
        size = f.INITIAL_WINDOW + 5
        with self.front(sends(DENIAL, denial_body(bytes(size)))) as front:
            stream = front.websocket()
            first = b''.join(front.next_of(stream).payload for _ in range(4))
            front.window(stream, 5)
            self.assertEqual(front.answer(stream).body, bytes(5))
            self.assertIn(bytes(f.INITIAL_WINDOW), first)

    def test_asgi_19_after_a_denial_the_app_is_told_of_the_end(self) -> None:
        seen: List[Any] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            waiting = asyncio.ensure_future(receive())
            await sends(*(close(),) if scope['path'] == '/close' else (DENIAL, denial_body(b'no')))(scope, receive, send)
            seen.extend([await waiting, await receive()])
            await send(accept())

        with self.front(app) as front:
            for target in ('/close', '/denial'):
                self.assertIsNone(front.answer(front.websocket(target=target)).abort)
        self.assertEqual(seen, [{'type': 'websocket.disconnect', 'code': 1006, 'reason': ''}] * 4)
        self.assertEqual(list(front.frames), [])  # no ABORT for the last send

    def test_asgi_19_messages_out_of_order_raise_in_the_app_and_abort(self) -> None:
        cases = {
            'send before accept': (say('x'),),
            'accept twice': (accept(), accept()),
            'denial after accept': (accept(), DENIAL),
            'accept after a denial': (DENIAL, accept()),
            'close after a denial': (DENIAL, close()),
            'denial without its start': (denial_body(b'x'),),
            'denial twice': (DENIAL, DENIAL),
            'an answer to a request': (start(),),
            'unknown': (accept(), {'type': 'websocket.ping'}),
        }
        for name, messages in cases.items():
            with self.subTest(name), self.front(sends(*messages)) as front:
                answer = front.answer(front.websocket())
                self.assertIn('RuntimeError: Cannot send ', answer.abort or '')

    def test_asgi_19_an_app_that_returns_without_an_answer_aborts(self) -> None:
        for messages in ((), (DENIAL,), (DENIAL, denial_body(b'part', True))):
            with self.subTest(len(messages)), self.front(sends(*messages)) as front:
                self.assertIn('The app returned, but ', front.answer(front.websocket()).abort or '')

    def test_asgi_19_an_exception_before_accept_aborts_with_its_traceback(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            raise LookupError('no such room')

        with self.front(app) as front:
            answer = front.answer(front.websocket())
        self.assertEqual(answer.kinds, [f.ABORT])
        self.assertIn('LookupError: no such room', answer.abort or '')

    def test_asgi_20_the_chosen_subprotocol_is_the_reason(self) -> None:
        with self.front(sends(accept(subprotocol='superchat'))) as front:
            status, reason, _, _ = read_head(front.next_of(front.websocket(OFFERED)).payload)
        self.assertEqual((status, reason), (101, 'superchat'))

    def test_asgi_20_no_subprotocol_is_none_or_empty(self) -> None:
        for fields in ({}, {'subprotocol': None}, {'subprotocol': ''}, {'headers': None}):
            with self.subTest(fields), self.front(sends(accept(**fields))) as front:
                self.assertEqual(read_head(front.next_of(front.websocket(OFFERED)).payload), (101, '', [], b''))

    def test_asgi_20_what_the_client_does_not_offer_and_the_header_itself_are_refused(self) -> None:
        long = 'x' * 256
        cases: Tuple[Any, ...] = (
            ({'subprotocol': 'other'}, OFFERED),
            ({'subprotocol': 'chat'}, []),
            ({'headers': [(b'Sec-WebSocket-Protocol', b'chat')]}, OFFERED),
            ({'subprotocol': long}, [('sec-websocket-protocol', long)]),
        )
        for fields, offered in cases:
            with self.subTest(fields), self.front(sends(accept(**fields))) as front:
                self.assertIn('ValueError: Cannot accept ', front.answer(front.websocket(offered)).abort or '')

    def test_asgi_21_a_received_message_has_the_one_key_that_it_has(self) -> None:
        seen: List[Any] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send(accept())
            for _ in range(4):
                seen.append(await receive())

        with self.front(app) as front:
            stream = front.open()
            for data in ('text ü', b'\xff', '', b''):
                front.say(stream, data)
            front.answer(stream)
        expected: List[Any] = [{'text': 'text ü'}, {'bytes': b'\xff'}, {'text': ''}, {'bytes': b''}]
        self.assertEqual(seen, [{'type': 'websocket.receive', **each} for each in expected])

    def test_asgi_21_pieces_of_a_message_are_joined_wherever_they_are_cut(self) -> None:
        text = 'a ü ' * 20
        data = text.encode()
        with self.front(websocket_echo) as front:
            stream = front.open()
            for size in (1, 7, 50):
                for at in range(0, len(data), size):
                    front.say(stream, data[at : at + size], more=at + size < len(data), text=True)
                self.assertEqual(front.hear(stream), text)
            front.say(stream, b'ab', more=True)
            front.say(stream, b'', more=True)
            front.say(stream, b'')
            self.assertEqual(front.hear(stream), b'ab')
            front.close_websocket(stream)

    def test_asgi_21_one_of_bytes_and_text_is_sent_and_the_other_may_be_none(self) -> None:
        messages: List[Any] = [
            {'text': 'a', 'bytes': None},
            {'bytes': b'b', 'text': None},
            {'text': ''},
            {'bytes': b''},
            {'bytes': bytearray(b'c')},
            {'bytes': memoryview(b'd')},
        ]
        with self.front(sends(accept(), *({'type': 'websocket.send', **each} for each in messages))) as front:
            stream = front.open()
            self.assertEqual([front.hear(stream) for _ in messages], ['a', b'b', '', b'', b'c', b'd'])

    def test_asgi_21_both_neither_and_what_is_no_text_raise(self) -> None:
        for fields in ({}, {'text': None, 'bytes': None}, {'text': 'a', 'bytes': b'a'}, {'text': '\udcff'}, {'bytes': 'a'}):
            message = {'type': 'websocket.send', **fields}
            with self.subTest(fields), self.front(sends(accept(), message)) as front:
                self.assertRegex(front.answer(front.open()).abort or '', 'ValueError|TypeError|UnicodeEncodeError')

    def test_messages_keep_their_order_and_leave_in_one_write(self) -> None:
        count = 50
        with self.front(sends(accept(), *(say(str(number)) for number in range(count)))) as front:
            stream = front.open()
            self.assertEqual(len(front.frames), count + 1)
            self.assertEqual([front.hear(stream) for _ in range(count)], [str(number) for number in range(count)])

    def test_many_websockets_and_requests_share_a_connection(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope['type'] == 'http':
                await sends(start(), body(b'plain'))(scope, receive, send)
            else:
                await websocket_echo(scope, receive, send)

        with self.front(app) as front:
            streams = [front.open() for _ in range(20)]
            for stream in streams:
                front.say(stream, str(stream))
            self.assertEqual(front.get().body, b'plain')
            for stream in reversed(streams):
                self.assertEqual(front.hear(stream), str(stream))
                front.close_websocket(stream)
            self.assertEqual([front.answer(stream).kinds for stream in streams], [[f.BODY]] * 20)


class AsyncioWebSocketTest(WebSocketTest):
    """The same without uvloop."""

    uvloop = 'off'


if __name__ == '__main__':
    unittest.main()
