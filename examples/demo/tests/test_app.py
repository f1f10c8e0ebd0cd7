"""The ASGI demo, driven with scopes and messages as a server would."""

from __future__ import annotations

import asyncio
import json
import unittest
from typing import Any, Dict, List, Tuple
from unittest import mock

import app as demo
import page

Message = Dict[str, Any]


def scope(path: str, method: str = "GET", **more: Any) -> Dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"demo.example")],
        "client": ("127.0.0.1", 4000),
        "server": ("127.0.0.1", 8000),
        **more,
    }


def run(request: Dict[str, Any], *received: Message) -> List[Message]:
    """What the app sends for a request whose body is `received`."""
    messages = list(received) or [{"type": "http.request"}]
    sent: List[Message] = []

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(demo.app(request, receive, send))
    return sent


def answer(sent: List[Message]) -> Tuple[int, Dict[str, str], bytes]:
    """Joins what was sent, and checks that it is one whole answer."""
    start, *body = sent
    assert start["type"] == "http.response.start"
    assert [each["type"] for each in body] == ["http.response.body"] * len(body)
    assert [each.get("more_body", False) for each in body] == [True] * (len(body) - 1) + [False]
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], headers, b"".join(each.get("body", b"") for each in body)


class AppTest(unittest.TestCase):
    def setUp(self) -> None:
        patch = mock.patch.object(page, "STREAM_PAUSE_SECONDS", 0)
        patch.start()
        self.addCleanup(patch.stop)

    def test_the_page_names_interface_and_client(self) -> None:
        status, headers, body = answer(run(scope("/")))
        self.assertEqual(status, 200)
        self.assertEqual(headers["content-type"], "text/html; charset=utf-8")
        self.assertIn(b"ASGI 3.0", body)
        self.assertIn(b"127.0.0.1 port 4000", body)

    def test_a_client_without_address_is_unknown(self) -> None:
        _, _, body = answer(run(scope("/", client=None)))
        self.assertIn(b"<td>unknown", body)

    def test_headers_keep_their_order_and_duplicates(self) -> None:
        _, _, body = answer(run(scope("/headers", headers=[(b"b", b"1"), (b"a", b"2"), (b"b", b"3")])))
        self.assertEqual(json.loads(body)["headers"], [["b", "1"], ["a", "2"], ["b", "3"]])

    def test_the_root_path_is_not_part_of_the_route(self) -> None:
        status, _, body = answer(run(scope("/demo/healthz", root_path="/demo")))
        self.assertEqual((status, body), (200, b"ok\n"))

    def test_the_stream_sends_each_chunk_by_itself(self) -> None:
        sent = run(scope("/stream"))
        self.assertEqual(len(sent), 1 + page.STREAM_CHUNKS + 1)
        _, headers, body = answer(sent)
        self.assertNotIn("content-length", headers)
        self.assertEqual(len(body.splitlines()), page.STREAM_CHUNKS)

    def test_the_echo_gives_back_every_byte_of_a_body_in_pieces(self) -> None:
        pieces = [bytes([number]) * 700_000 for number in range(3)]
        received = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
        status, headers, body = answer(run(scope("/echo", "POST"), *received, {"type": "http.request"}))
        self.assertEqual(status, 200)
        self.assertEqual(headers["content-length"], "2100000")
        self.assertEqual(body, b"".join(pieces))

    def test_the_echo_answers_nothing_when_the_client_left(self) -> None:
        upload = {"type": "http.request", "body": b"half", "more_body": True}
        self.assertEqual(run(scope("/echo", "POST"), upload, {"type": "http.disconnect"}), [])

    def test_the_slow_request_says_how_long_it_slept(self) -> None:
        _, _, body = answer(run(scope("/slow", query_string=b"seconds=0")))
        self.assertEqual(json.loads(body)["slept"], 0)

    def test_the_error_is_raised_before_anything_is_sent(self) -> None:
        with self.assertRaisesRegex(RuntimeError, "button that breaks things"):
            run(scope("/error"))

    def test_lifespan_counts_start_ups_and_the_page_shows_it(self) -> None:
        state: Dict[str, Any] = {}
        events = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
        sent = run({"type": "lifespan", "asgi": {"version": "3.0"}, "state": state}, *events)
        complete = ["lifespan.startup.complete", "lifespan.shutdown.complete"]
        self.assertEqual([each["type"] for each in sent], complete)
        _, _, body = answer(run(scope("/", state=state)))
        self.assertIn(f"start-up number {state['startups']} of this worker".encode(), body)

    def test_a_server_without_lifespan_is_told_so(self) -> None:
        _, _, body = answer(run(scope("/")))
        self.assertIn(b"the server ran no start-up", body)

    def test_other_scopes_are_refused(self) -> None:
        with self.assertRaises(NotImplementedError):
            run({"type": "websocket"})
