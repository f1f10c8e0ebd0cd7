"""The demo as an ASGI app. Start it with `galley app:app --app-dir examples/demo`."""

from __future__ import annotations

import asyncio
import itertools
import time
from tempfile import SpooledTemporaryFile
from typing import Any, Awaitable, Callable, Dict

import page

Message = Dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_startups = itertools.count(1)


async def app(scope: Dict[str, Any], receive: Receive, send: Send) -> None:
    """ASGI 3: lifespan and http."""
    if scope["type"] == "lifespan":
        await _lifespan(scope, receive, send)
    elif scope["type"] == "http":
        await _http(scope, receive, send)
    else:
        raise NotImplementedError(f"This demo does not speak {scope['type']}")


async def _lifespan(scope: Dict[str, Any], receive: Receive, send: Send) -> None:
    await receive()
    scope.get("state", {}).update(startups=next(_startups), started_at=time.time())
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def _http(scope: Dict[str, Any], receive: Receive, send: Send) -> None:
    visit = _visit(scope)
    refusal = page.refusal(visit)
    if refusal:
        await _reply(send, refusal)
    elif visit.path == "/stream":
        await _stream(send)
    elif visit.path == "/slow":
        seconds = page.slow_seconds(visit.query)
        await asyncio.sleep(seconds or 0)
        await _reply(send, page.slow_answer(seconds))
    elif visit.path == "/echo":
        await _echo(receive, send)
    else:
        await _reply(send, page.quick_answer(visit))


async def _stream(send: Send) -> None:
    await _start(send, 200, page.head("text/plain; charset=utf-8"))
    for line in page.stream_lines():
        await send({"type": "http.response.body", "body": line, "more_body": True})
        await asyncio.sleep(page.STREAM_PAUSE_SECONDS)
    await send({"type": "http.response.body"})


async def _echo(receive: Receive, send: Send) -> None:
    """Keeps the whole upload first: a browser reads no answer before it has sent all, so an early one would stall both."""
    with SpooledTemporaryFile(max_size=page.ECHO_MEMORY_SIZE) as upload:
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            upload.write(message.get("body", b""))
            more = message.get("more_body", False)
        size = upload.tell()
        upload.seek(0)
        await _start(send, 200, page.head("application/octet-stream", size))
        while chunk := upload.read(page.ECHO_CHUNK_SIZE):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body"})


async def _reply(send: Send, answer: page.Answer) -> None:
    await _start(send, answer.status, answer.headers)
    await send({"type": "http.response.body", "body": answer.body})


async def _start(send: Send, status: int, headers: page.Pairs) -> None:
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": encoded})


def _visit(scope: Dict[str, Any]) -> page.Visit:
    root = scope.get("root_path", "")
    path = scope["path"]
    client = scope.get("client")
    return page.Visit(
        interface=f"ASGI {scope['asgi']['version']}",
        method=scope["method"],
        path=(path[len(root) :] if path.startswith(root) else path) or "/",
        query=scope["query_string"].decode("latin-1"),
        http_version=scope["http_version"],
        client=f"{client[0]} port {client[1]}" if client else "unknown",
        headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
        details=_details(scope.get("state", {})),
    )


def _details(state: Dict[str, Any]) -> page.Pairs:
    loop = type(asyncio.get_running_loop())
    event_loop = ("Event loop", f"{loop.__module__}.{loop.__name__}")
    if "startups" not in state:
        return [event_loop, ("Lifespan", "the server ran no start-up")]
    age = time.time() - state["started_at"]
    return [event_loop, ("Lifespan", f"start-up number {state['startups']} of this worker, {age:.0f} s ago")]
