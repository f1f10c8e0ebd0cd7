"""One HTTP request to an ASGI app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from .incoming_body import IncomingBody
from .response import Response
from .stream import COMPLETE, Message

if TYPE_CHECKING:
    from .connection import FrontConnection


class Request(Response):
    """`receive` of one request, and what came so far (asgi.rst, www.rst "HTTP")."""

    __slots__ = ('_body', '_incoming')

    def __init__(
        self,
        connection: FrontConnection,
        stream: int,
        is_head: bool,
        body: bytes,
        incoming: Optional[IncomingBody],
    ) -> None:
        """`incoming` is for a body that comes in pieces, otherwise `body` is all of it."""
        Response.__init__(self, connection, stream, is_head)
        self._body = None if incoming else body
        self._incoming = incoming

    async def receive(self) -> Message:
        """The body in one or more messages, then `http.disconnect` when there is one."""
        body = self._body
        if body is not None and not self._gone and self._phase != COMPLETE:
            self._body = None
            return {'type': 'http.request', 'body': body, 'more_body': False}
        return await self._receive_late()

    def body_came(self, piece: bytes, end: bool) -> None:
        """A BODY frame came."""
        if self._incoming and not self._gone:
            self._incoming.push(piece, end)
            self._wake()

    async def _receive_late(self) -> Message:
        incoming = self._incoming
        while not self._gone and self._phase != COMPLETE:
            if incoming and not incoming.is_taken:
                if incoming.is_ready:
                    body = incoming.take()
                    if not incoming.is_taken:
                        self._give(incoming.window.took(len(body)))
                    return {'type': 'http.request', 'body': body, 'more_body': not incoming.is_taken}
                self._give(incoming.window.asked())
            await self._change()
        return {'type': 'http.disconnect'}
