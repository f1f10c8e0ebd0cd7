"""`wsgi.input` of a body that arrives while the app runs."""

from __future__ import annotations

import io

from .stream import Stream

_BUFFER = 64 * 1024


class _RawInput(io.RawIOBase):
    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def streamed_input(stream: Stream) -> io.BufferedReader:
    """A file that ends where the body ends and never waits beyond that. Reads raise ClientDisconnected."""
    return io.BufferedReader(_RawInput(stream), _BUFFER)
