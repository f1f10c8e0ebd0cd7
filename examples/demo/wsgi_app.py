"""The demo as a WSGI app. Start it with `galley wsgi_app:app --app-dir examples/demo`."""

from __future__ import annotations

import threading
import time
from tempfile import SpooledTemporaryFile
from typing import Any, Callable, Dict, IO, Iterable, Iterator

import page

Environ = Dict[str, Any]
StartResponse = Callable[..., Any]


def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """WSGI 1.0 (PEP 3333)."""
    visit = _visit(environ)
    refusal = page.refusal(visit)
    if refusal:
        return _reply(start_response, refusal)
    if visit.path == "/stream":
        start_response("200 OK", page.head("text/plain; charset=utf-8"))
        return _stream()
    if visit.path == "/slow":
        seconds = page.slow_seconds(visit.query)
        time.sleep(seconds or 0)
        return _reply(start_response, page.slow_answer(seconds))
    if visit.path == "/echo":
        return _echo(environ, start_response)
    return _reply(start_response, page.quick_answer(visit))


def _stream() -> Iterator[bytes]:
    for line in page.stream_lines():
        yield line
        time.sleep(page.STREAM_PAUSE_SECONDS)


def _echo(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Keeps the whole upload first: a browser reads no answer before it has sent all, so an early one would stall both."""
    upload = SpooledTemporaryFile(max_size=page.ECHO_MEMORY_SIZE)
    while chunk := environ["wsgi.input"].read(page.ECHO_CHUNK_SIZE):
        upload.write(chunk)
    size = upload.tell()
    upload.seek(0)
    start_response("200 OK", page.head("application/octet-stream", size))
    return _blocks(upload)


def _blocks(upload: IO[bytes]) -> Iterator[bytes]:
    with upload:
        while chunk := upload.read(page.ECHO_CHUNK_SIZE):
            yield chunk


def _reply(start_response: StartResponse, answer: page.Answer) -> Iterable[bytes]:
    start_response(page.status_line(answer.status), answer.headers)
    return [answer.body]


def _visit(environ: Environ) -> page.Visit:
    version = ".".join(str(part) for part in environ["wsgi.version"])
    path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
    client = environ.get("REMOTE_ADDR")
    return page.Visit(
        interface=f"WSGI {version}",
        method=environ["REQUEST_METHOD"],
        path=path or "/",
        query=environ.get("QUERY_STRING", ""),
        http_version=environ["SERVER_PROTOCOL"].split("/")[-1],
        client=f"{client} port {environ.get('REMOTE_PORT', 'unknown')}" if client else "unknown",
        headers=list(_headers(environ)),
        details=[
            ("Thread", threading.current_thread().name),
            ("More threads, more workers", f"{_yes(environ['wsgi.multithread'])}, {_yes(environ['wsgi.multiprocess'])}"),
        ],
    )


def _headers(environ: Environ) -> Iterator["tuple[str, str]"]:
    for key, value in environ.items():
        if key.startswith("HTTP_"):
            yield key[len("HTTP_") :].replace("_", "-").lower(), value
        elif key in ("CONTENT_TYPE", "CONTENT_LENGTH") and value:
            yield key.replace("_", "-").lower(), value


def _yes(value: object) -> str:
    return "yes" if value else "no"
