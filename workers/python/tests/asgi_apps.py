"""Small ASGI apps."""

from __future__ import annotations

from typing import Any, List, Optional, Tuple

Headers = List[Tuple[bytes, bytes]]


def start(status: int = 200, headers: Optional[Headers] = None) -> Any:
    return {'type': 'http.response.start', 'status': status, 'headers': headers or []}


def body(data: bytes = b'', more: bool = False) -> Any:
    return {'type': 'http.response.body', 'body': data, 'more_body': more}


def sends(*messages: Any) -> Any:
    """An app that sends these messages."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)

    return app


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the body, piece by piece."""
    await send(start())
    more = True
    while more:
        message = await receive()
        more = message['more_body']
        await send(body(message['body'], True))
    await send(body())


def accept(**fields: Any) -> Any:
    return {'type': 'websocket.accept', **fields}


def say(data: Any) -> Any:
    return {'type': 'websocket.send', 'text' if isinstance(data, str) else 'bytes': data}


def close(**fields: Any) -> Any:
    return {'type': 'websocket.close', **fields}


async def websocket_echo(scope: Any, receive: Any, send: Any) -> None:
    """Accepts, sends back every message and returns when the client is gone."""
    await receive()
    await send(accept())
    await echo_messages(receive, send)


async def echo_messages(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        if message['type'] == 'websocket.disconnect':
            return
        await send({**message, 'type': 'websocket.send'})
