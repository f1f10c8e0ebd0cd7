"""The WSGI demo inside the standard library's validator, which asserts PEP 3333 on both sides."""

from __future__ import annotations

import io
import json
import unittest
from typing import Any, Dict, List, Tuple
from unittest import mock
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import page
import wsgi_app


def run(path: str, method: str = "GET", body: bytes = b"", **more: Any) -> Tuple[str, Dict[str, str], List[bytes]]:
    """Calls the app as a server does and gives status, headers and blocks."""
    request = {"REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": ""}
    environ: Dict[str, Any] = {**request, **more}
    setup_testing_defaults(environ)
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
        environ["wsgi.input"] = io.BytesIO(body)
    started: List[Tuple[str, List[Tuple[str, str]]]] = []

    def start_response(status: str, headers: List[Tuple[str, str]], exc_info: Any = None) -> Any:
        started.append((status, headers))
        return lambda block: None

    blocks = validator(wsgi_app.app)(environ, start_response)
    try:
        joined = list(blocks)
    finally:
        blocks.close()
    [(status, headers)] = started
    return status, dict(headers), joined


class WsgiAppTest(unittest.TestCase):
    def setUp(self) -> None:
        patch = mock.patch.object(page, "STREAM_PAUSE_SECONDS", 0)
        patch.start()
        self.addCleanup(patch.stop)

    def test_the_page_names_interface_and_client(self) -> None:
        status, headers, blocks = run("/", REMOTE_ADDR="127.0.0.1", REMOTE_PORT="4000")
        self.assertEqual(status, "200 OK")
        self.assertEqual(headers["content-length"], str(len(b"".join(blocks))))
        self.assertIn(b"WSGI 1.0", blocks[0])
        self.assertIn(b"127.0.0.1 port 4000", blocks[0])

    def test_an_empty_path_is_the_page(self) -> None:
        status, _, _ = run("", SCRIPT_NAME="/demo")
        self.assertEqual(status, "200 OK")

    def test_headers_have_their_http_names(self) -> None:
        _, _, blocks = run("/headers", HTTP_USER_AGENT="tester", CONTENT_TYPE="text/plain")
        headers = json.loads(blocks[0])["headers"]
        self.assertIn(["user-agent", "tester"], headers)
        self.assertIn(["content-type", "text/plain"], headers)

    def test_the_stream_yields_each_chunk_by_itself(self) -> None:
        _, _, blocks = run("/stream")
        self.assertEqual(len(blocks), page.STREAM_CHUNKS)

    def test_the_echo_gives_back_every_byte(self) -> None:
        body = bytes(range(256)) * 8_000
        status, headers, blocks = run("/echo", "POST", body)
        self.assertEqual(status, "200 OK")
        self.assertEqual(headers["content-length"], str(len(body)))
        self.assertEqual(b"".join(blocks), body)

    def test_the_echo_of_nothing_is_empty(self) -> None:
        _, headers, blocks = run("/echo", "POST")
        self.assertEqual((headers["content-length"], blocks), ("0", []))

    def test_the_slow_request_says_how_long_it_slept(self) -> None:
        _, _, blocks = run("/slow", QUERY_STRING="seconds=0")
        self.assertEqual(json.loads(blocks[0])["slept"], 0)

    def test_an_unknown_path_is_404(self) -> None:
        status, _, _ = run("/nowhere")
        self.assertEqual(status, "404 Not Found")

    def test_a_path_that_is_not_ascii_comes_back_as_sent(self) -> None:
        _, _, blocks = run("/caf\u00c3\u00a9")
        self.assertIn("/café".encode(), blocks[0])

    def test_the_error_is_raised_before_anything_is_sent(self) -> None:
        with self.assertRaisesRegex(RuntimeError, "button that breaks things"):
            run("/error")
