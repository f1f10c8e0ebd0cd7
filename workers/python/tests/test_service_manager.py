"""What a service manager such as systemd is told, and what the app does not see of it."""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
import unittest
from typing import Dict

from .fake_front import TIMEOUT
from .test_zygote import WSGI, Zygote

ENVIRONMENT = WSGI + """
    import json, subprocess, sys
    def answer():
        code = 'import json, os; print(json.dumps(dict(os.environ)))'
        inherited = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True).stdout
        return json.dumps([dict(os.environ), json.loads(inherited)])
"""


class ServiceManagerTest(unittest.TestCase):
    def check(self, address: str, shown: str, preload: str) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.settimeout(TIMEOUT)
            manager.bind(address)
            with Zygote({'main.py': WSGI}, {'NOTIFY_SOCKET': shown}, preload=preload) as zygote:
                zygote.event()
                for text in ('READY=1\nSTATUS=2 workers', 'STOPPING=1'):
                    zygote.send(command='notify', text=text)
                    self.assertEqual(manager.recv(1000).decode(), text)

    def test_a_notification_reaches_its_socket(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for preload in ('always', 'never'):
                address = f'{folder}/{preload}'
                self.check(address, address, preload)

    @unittest.skipUnless(sys.platform == 'linux', 'only Linux has abstract sockets')
    def test_an_abstract_socket_is_reached(self) -> None:
        name = f'galley-test-{os.getpid()}'
        self.check('\0' + name, '@' + name, 'auto')

    def test_a_notification_that_nobody_can_hear_changes_nothing(self) -> None:
        for environment in ({}, {'NOTIFY_SOCKET': '/no/such/socket'}, {'NOTIFY_SOCKET': ''}, {'NOTIFY_SOCKET': '/' + 'x' * 200}):
            with self.subTest(environment), Zygote({'main.py': WSGI}, environment) as zygote:
                zygote.event()
                zygote.send(command='notify', text='READY=1')
                zygote.fork(1)
                self.assertEqual(zygote.accept().get().body, b'ok')

    def test_the_app_and_its_programs_do_not_see_what_is_for_galley(self) -> None:
        for_galley = {
            name: '1'
            for name in (
                'NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID', 'LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES',
                'GALLEY_UPGRADE', 'GALLEY_UPGRADE_FDS',
            )
        }  # fmt: skip
        for preload in ('always', 'never'):
            with Zygote({'main.py': ENVIRONMENT}, {**for_galley, 'LISTEN': 'seen'}, preload=preload) as zygote:
                zygote.event()
                zygote.fork(1)
                for seen in json.loads(zygote.accept().get().body):
                    self.assert_seen(seen, for_galley)

    def assert_seen(self, seen: Dict[str, str], for_galley: Dict[str, str]) -> None:
        self.assertEqual(set(seen) & set(for_galley), set())
        self.assertEqual(seen['LISTEN'], 'seen')


if __name__ == '__main__':
    unittest.main()
