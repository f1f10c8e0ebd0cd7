"""What the tests of WSGI share."""

from __future__ import annotations

import struct
import unittest
from typing import Any, Callable, Iterator, List, NamedTuple

from galley_worker import frames as f

from .fake_front import Connection, FakeFront, Headers

TEXT: Headers = [('Content-Type', 'text/plain')]


def app_of(*blocks: bytes, status: str = '200 OK', headers: Headers = TEXT) -> Any:
    """An app that returns these blocks as a list."""

    def app(environ: Any, start_response: Any) -> List[bytes]:
        start_response(status, list(headers))
        return list(blocks)

    return app


class Blocks:
    """An iterable that notes when it is closed."""

    def __init__(self, blocks: Iterator[bytes], events: List[str]) -> None:
        self._blocks = blocks
        self._events = events

    def __iter__(self) -> Iterator[bytes]:
        return self._blocks

    def close(self) -> None:
        self._events.append('closed')


class FilePart(NamedTuple):
    """What a FILE asks for (frame.md, "Files")."""

    path: str
    offset: int
    length: int

    def read(self) -> bytes:
        with open(self.path, 'rb') as file:
            file.seek(self.offset)
            return file.read(self.length)


def next_file(front: Connection, stream: int) -> FilePart:
    """The FILE that comes next on a stream."""
    frame = front.next_of(stream)
    if (frame.kind, frame.flags) != (f.FILE, 0):
        raise AssertionError(f'{frame} is no FILE')
    offset, length = struct.unpack_from('<QQ', frame.payload)
    return FilePart(frame.payload[16:].decode(), offset, length)


class WsgiCase(unittest.TestCase):
    """Runs apps in a WSGI worker with one thread; subclasses take more, or wrap the app."""

    threads = 1
    wrap: Callable[[Any], Any] = staticmethod(lambda app: app)

    def front(self, app: Any, **changes: Any) -> FakeFront:
        return FakeFront(type(self).wrap(app), **{'interface': 'wsgi', 'threads': self.threads, **changes})

    def bad(self, app: Any) -> FakeFront:
        """For an app that breaks the rules, which the validator would say first."""
        return FakeFront(app, interface='wsgi', threads=self.threads)
