"""The line to the supervisor: one JSON object a line, both ways (control.md)."""

from __future__ import annotations

import json
import socket
from typing import Any, Dict, List, Optional

Message = Dict[str, Any]


class Control:
    """The zygote's end of the line."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._rest = b''
        self._given_back: List[Message] = []

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, message: Message) -> None:
        """Raises ConnectionError when the supervisor is gone."""
        self._socket.sendall(json.dumps(message).encode() + b'\n')

    def receive(self) -> Optional[List[Message]]:
        """Waits for bytes and returns the messages that they complete; None when the supervisor is gone."""
        if self._given_back:
            messages, self._given_back = self._given_back, []
            return messages
        try:
            chunk = self._socket.recv(65536)
        except OSError:
            return None
        if not chunk:
            return None
        *lines, self._rest = (self._rest + chunk).split(b'\n')
        return [json.loads(line) for line in lines]

    def give_back(self, messages: List[Message]) -> None:
        """The next call of `receive` returns these."""
        self._given_back = messages

    @property
    def has_given_back(self) -> bool:
        """Whether `receive` returns without waiting."""
        return bool(self._given_back)

    def close(self) -> None:
        self._socket.close()
