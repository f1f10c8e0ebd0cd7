"""The service manager that Galley runs under, such as systemd."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import Optional

_NOT_FOR_THE_APP = ('WATCHDOG_USEC', 'WATCHDOG_PID', 'LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES')
_OF_AN_UPGRADE = 'GALLEY_UPGRADE'


class ServiceManager:
    """Hears what the supervisor has to tell it (sd_notify(3))."""

    def __init__(self, address: Optional[str]) -> None:
        self._address = address

    @classmethod
    def of_environment(cls) -> ServiceManager:
        """
        Takes from `os.environ` what is there for Galley: a program that the app starts would take it for its own, and speak for
        Galley to the service manager.
        """
        address = os.environ.pop('NOTIFY_SOCKET', None)
        for name in list(os.environ):
            if name in _NOT_FOR_THE_APP or name.startswith(_OF_AN_UPGRADE):
                del os.environ[name]
        return cls(address)

    def notify(self, text: str) -> None:
        """Sends the text as one datagram. Nothing is told of a failure: there is nobody who could do something about it."""
        if not self._address:
            return
        address = self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)  # a service manager that is held up must not hold up the workers
            sender.connect('\0' + address[1:] if address.startswith('@') else address)
            sender.send(text.encode())
