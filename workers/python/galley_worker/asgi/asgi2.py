"""ASGI 2 apps as ASGI 3 apps."""

from __future__ import annotations

from typing import Any

from .stream import App


def asgi2_as_asgi3(app: Any) -> App:
    """Wraps an app that is called twice: with the scope, then with `receive` and `send`."""

    async def run(scope: Any, receive: Any, send: Any) -> None:
        await app(scope)(receive, send)

    return run
