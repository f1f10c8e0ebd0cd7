"""The page and the quick answers, without an interface around them."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import unittest
from unittest import mock

import page


def visit(path: str = "/", method: str = "GET", headers: page.Pairs = ()) -> page.Visit:
    return page.Visit(
        interface="ASGI 3.0",
        method=method,
        path=path,
        query="",
        http_version="1.1",
        client="127.0.0.1 port 4000",
        headers=list(headers),
    )


class PageTest(unittest.TestCase):
    def test_header_names_and_values_are_escaped(self) -> None:
        headers = [("x-<b>", "<script>alert(1)</script> & \"quoted\"")]
        text = page.quick_answer(visit(headers=headers)).body.decode()
        self.assertNotIn("<script>alert", text)
        self.assertNotIn("x-<b>", text)
        self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quoted&quot;", text)

    def test_a_dollar_sign_in_a_header_is_no_placeholder(self) -> None:
        text = page.quick_answer(visit(headers=[("x-money", "$script $pid")])).body.decode()
        self.assertIn("<td>$script $pid", text)

    def test_the_policy_allows_exactly_the_inline_style_and_script(self) -> None:
        answer = page.quick_answer(visit())
        policy = dict(answer.headers)["content-security-policy"]
        for element in ("style", "script"):
            inline = re.findall(f"<{element}>(.*?)</{element}>", answer.body.decode(), re.DOTALL)
            self.assertEqual(len(inline), 1)
            digest = base64.b64encode(hashlib.sha256(inline[0].encode()).digest()).decode()
            self.assertIn(f"{element}-src 'sha256-{digest}'", policy)

    def test_the_page_loads_nothing_from_elsewhere(self) -> None:
        text = page.quick_answer(visit()).body.decode()
        links = re.findall(r"(?:src|href)=\"([^\"]*)\"", text)
        self.assertEqual([link for link in links if not link.startswith(("data:", "#"))], [])
        self.assertNotIn("@import", text)
        self.assertNotIn("url(", text)

    def test_the_page_names_the_worker_by_the_number_that_galley_gave_it(self) -> None:
        with mock.patch.dict(os.environ, {"GALLEY_WORKER_ID": "3"}):
            text = page.quick_answer(visit()).body.decode()
        self.assertIn(f"worker 3 (pid {os.getpid()})", text)

    def test_an_app_that_was_forked_says_who_imported_it(self) -> None:
        with mock.patch.object(page, "IMPORTED_BY", 1):
            text = page.quick_answer(visit()).body.decode()
        self.assertIn("pid 1, once, then forked", text)

    def test_content_length_counts_bytes(self) -> None:
        answer = page.quick_answer(visit(headers=[("x-name", "café ☕")]))
        self.assertEqual(dict(answer.headers)["content-length"], str(len(answer.body)))

    def test_an_unknown_path_is_404(self) -> None:
        answer = page.refusal(visit("/nowhere"))
        self.assertIsNotNone(answer)
        self.assertEqual(answer.status, 404)

    def test_a_method_that_the_path_does_not_take_is_405_with_allow(self) -> None:
        answer = page.refusal(visit("/echo", "GET"))
        self.assertEqual(answer.status, 405)
        self.assertEqual(dict(answer.headers)["allow"], "POST")

    def test_what_exists_is_not_refused(self) -> None:
        self.assertIsNone(page.refusal(visit("/", "HEAD")))
        self.assertIsNone(page.refusal(visit("/echo", "POST")))

    def test_the_pause_is_kept_between_0_and_10_seconds(self) -> None:
        for query, seconds in [("", 1.0), ("seconds=0.5", 0.5), ("seconds=-3", 0.0), ("seconds=inf", 10.0)]:
            self.assertEqual(page.slow_seconds(query), seconds)
        self.assertEqual(page.slow_seconds("seconds=nan"), 0.0)

    def test_a_pause_that_is_no_number_is_400(self) -> None:
        self.assertEqual(page.slow_answer(page.slow_seconds("seconds=soon")).status, 400)
