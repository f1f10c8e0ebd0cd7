"""What the ASGI and the WSGI demo share: the page, the quick answers, and what this process knows of itself."""

from __future__ import annotations

import base64
import hashlib
import html
import itertools
import json
import os
import platform
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from string import Template
from typing import Iterator, List, Optional, Tuple
from urllib.parse import parse_qs

Pairs = List[Tuple[str, str]]

FOLDER = Path(__file__).resolve().parent
TEMPLATE = Template((FOLDER / "page.html").read_text(encoding="utf-8"))
STYLE = (FOLDER / "page.css").read_text(encoding="utf-8")
SCRIPT = (FOLDER / "page.js").read_text(encoding="utf-8")

# In a forked worker this is the pid of another process: the one that imported the app for all of them.
IMPORTED_BY = os.getpid()

METHODS = {
    "/": "GET, HEAD",
    "/headers": "GET, HEAD",
    "/healthz": "GET, HEAD",
    "/error": "GET, HEAD",
    "/stream": "GET, HEAD",
    "/slow": "GET, HEAD",
    "/echo": "POST",
}

STREAM_CHUNKS = 10
STREAM_PAUSE_SECONDS = 0.3
SLOW_MOST_SECONDS = 10.0
ECHO_CHUNK_SIZE = 64 * 1024
ECHO_MEMORY_SIZE = 1024 * 1024  # larger uploads wait in a temporary file

_pages = itertools.count(1)


@dataclass(frozen=True)
class Visit:
    """One request as the app saw it, in words that both interfaces share."""

    interface: str
    method: str
    path: str
    query: str
    http_version: str
    client: str
    headers: Pairs
    details: Pairs = field(default_factory=list)


@dataclass(frozen=True)
class Answer:
    """A whole answer, body included."""

    status: int
    headers: Pairs
    body: bytes


def worker_name() -> str:
    """`worker 3 (pid 4711)`, or `process 4711` where the server gave the worker no number."""
    number = os.environ.get("GALLEY_WORKER_ID")
    return f"worker {number} (pid {os.getpid()})" if number else f"process {os.getpid()}"


def head(content_type: str, length: Optional[int] = None) -> Pairs:
    """The fields that every answer has; the page's script learns from `demo-pid` which worker it was."""
    fields = [
        ("content-type", content_type),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("demo-pid", str(os.getpid())),
    ]
    return fields if length is None else [*fields, ("content-length", str(length))]


def refusal(visit: Visit) -> Optional[Answer]:
    """404 for a path that is not there, 405 for a method that its path does not take, else None."""
    methods = METHODS.get(visit.path)
    if methods is None:
        return _text(404, f"Nothing is at {visit.path}. Try /\n")
    if visit.method not in methods.split(", "):
        answer = _text(405, f"{visit.path} takes {methods}.\n")
        return Answer(answer.status, [*answer.headers, ("allow", methods)], answer.body)
    return None


def quick_answer(visit: Visit) -> Answer:
    """Answers what needs no waiting. Raises RuntimeError for /error, which is the point of it."""
    if visit.path == "/":
        return _page(visit)
    if visit.path == "/headers":
        return _json({"headers": visit.headers})
    if visit.path == "/healthz":
        return _text(200, "ok\n")
    raise RuntimeError("You pressed the button that breaks things. This traceback is what it did.")


def slow_seconds(query: str) -> Optional[float]:
    """The number in `seconds=…`, kept between 0 and 10; 1 where there is none, None where it is no number."""
    try:
        wanted = float(parse_qs(query).get("seconds", ["1"])[0])
    except ValueError:
        return None
    return max(0.0, min(wanted, SLOW_MOST_SECONDS))


def slow_answer(seconds: Optional[float]) -> Answer:
    """What /slow says after its pause; 400 where the pause was no number."""
    if seconds is None:
        return _text(400, "seconds must be a number, as in /slow?seconds=1.5\n")
    return _json({"slept": seconds, "worker": worker_name()})


def stream_lines() -> Iterator[bytes]:
    """The chunks of /stream; the caller pauses between them."""
    for number in range(1, STREAM_CHUNKS + 1):
        yield f"chunk {number} of {STREAM_CHUNKS}\n".encode()


def status_line(status: int) -> str:
    """`404 Not Found`, as WSGI wants it."""
    return f"{status} {HTTPStatus(status).phrase}"


def _page(visit: Visit) -> Answer:
    """The page itself. Everything a visitor sent is escaped before it stands in it."""
    forked = IMPORTED_BY != os.getpid()
    facts = [
        ("Answered by", worker_name()),
        ("Pages so far", f"{next(_pages)} by this worker"),
        ("App imported by", f"pid {IMPORTED_BY}, once, then forked" if forked else f"pid {IMPORTED_BY}, this worker"),
        ("Interface", visit.interface),
        ("Python", f"{platform.python_implementation()} {platform.python_version()}"),
        ("HTTP version", visit.http_version),
        ("Your address", visit.client),
        *visit.details,
    ]
    text = TEMPLATE.substitute(
        style=f"<style>{STYLE}</style>",
        script=f"<script>{SCRIPT}</script>",
        interface=html.escape(visit.interface),
        interface_short=html.escape(visit.interface.split(" ")[0]),
        python=html.escape(platform.python_version()),
        http_version=html.escape(visit.http_version),
        worker=html.escape(worker_name()),
        pid=os.getpid(),
        request=html.escape(f"{visit.method} {visit.path}"),
        facts=_rows(facts),
        headers=_rows(visit.headers),
        header_count=len(visit.headers),
    )
    body = text.encode()
    policy = (
        f"default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors 'none'; style-src {_hash(STYLE)}; script-src {_hash(SCRIPT)}"
    )
    return Answer(200, [*head("text/html; charset=utf-8", len(body)), ("content-security-policy", policy)], body)


def _rows(pairs: Pairs) -> str:
    return "\n".join(f"<tr><th scope=row>{html.escape(name)}<td>{html.escape(value)}" for name, value in pairs)


def _hash(inline: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}'"


def _text(status: int, text: str) -> Answer:
    body = text.encode()
    return Answer(status, head("text/plain; charset=utf-8", len(body)), body)


def _json(value: object) -> Answer:
    body = json.dumps(value, ensure_ascii=False).encode() + b"\n"
    return Answer(200, head("application/json", len(body)), body)
