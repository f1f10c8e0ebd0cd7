"""The zygote knows of its workers' ends, and ends with Galley, whatever a before_fork hook does."""

from __future__ import annotations

import os
import signal
import sys
import textwrap
import unittest
from contextlib import suppress

from .test_zygote import WSGI, Zygote, wait_gone
from .until import until

HOOK = """
    import asyncio, os, signal, time
    from galley_worker import hooks

    @hooks.before_fork
    def before():
"""
LOOP = """
        async def main():
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGUSR1, print)
            loop.remove_signal_handler(signal.SIGUSR1)
        asyncio.run(main())
"""
WAIT_FOR_ANY = """
        if os.path.exists('first'):
            open('waits', 'w').close()
        open('first', 'w').close()
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            pass
"""
# Stands between the test and a zygote; the zygote's line to it is the test's to keep open.
PARENT = """
import subprocess, sys
command = [sys.executable, '-c', sys.argv[1], sys.argv[2]]
zygote = subprocess.Popen(command, pass_fds=[int(sys.argv[2])])
print(zygote.pid, flush=True)
zygote.wait()
"""


def app_of(hook: str) -> str:
    return textwrap.dedent(HOOK.rstrip() + hook) + textwrap.dedent(WSGI)


class ExitTest(unittest.TestCase):
    def test_the_exit_of_a_worker_is_seen_whatever_a_hook_does_to_signals(self) -> None:
        for hook in (
            LOOP,
            '\n        signal.signal(signal.SIGCHLD, signal.SIG_DFL)\n',
            '\n        signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n',
            '\n        signal.set_wakeup_fd(-1)\n        raise LookupError\n',
        ):
            with self.subTest(hook), Zygote({'main.py': app_of(f"\n        if not os.path.exists('second'): return{hook}")}) as zygote:
                zygote.event()
                zygote.fork(1)
                front = zygote.accept()
                with open(f'{zygote.folder}/second', 'w', encoding='utf-8'):
                    pass
                zygote.send(command='fork', worker=2, leader=False)
                self.assertEqual(zygote.event()['worker'], 2)
                drained = zygote.drain(front)
                self.assertEqual((drained['worker'], drained['code']), (1, 0))

    def test_the_exit_is_seen_where_its_signal_does_not_come(self) -> None:
        blocked = 'import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})\n'
        with Zygote({'main.py': blocked + textwrap.dedent(WSGI)}) as zygote:
            zygote.event()
            zygote.fork(1)
            self.assertEqual(zygote.drain(zygote.accept())['code'], 0)

    def test_an_exit_that_a_hook_has_taken_is_told_with_code_1(self) -> None:
        with Zygote({'main.py': app_of(WAIT_FOR_ANY)}) as zygote:
            zygote.event()
            pid = zygote.fork(1)
            zygote.accept()
            zygote.send(command='fork', worker=2, leader=False)
            until(lambda: os.path.exists(f'{zygote.folder}/waits'))
            os.kill(pid, signal.SIGKILL)
            events = [zygote.event(), zygote.event()]
            self.assertEqual({(each['event'], each['worker']) for each in events}, {('forked', 2), ('exited', 1)})
            self.assertIn({'event': 'exited', 'worker': 1, 'pid': pid, 'code': 1, 'signal': None}, events)


@unittest.skipUnless(sys.platform == 'linux', 'only Linux kills with the parent')
class ParentTest(unittest.TestCase):
    def test_a_zygote_whose_hook_hangs_ends_with_its_parent(self) -> None:
        hangs = "\n        open('hangs', 'w').close()\n        time.sleep(600)\n"
        with Zygote({'main.py': app_of(hangs)}, launched_by=PARENT) as zygote:
            assert zygote.process.stdout
            pid = int(zygote.process.stdout.readline())
            self.addCleanup(kill, pid)
            zygote.event()
            zygote.send(command='fork', worker=1, leader=False)
            until(lambda: os.path.exists(f'{zygote.folder}/hangs'))
            zygote.process.kill()
            wait_gone([pid])


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


if __name__ == '__main__':
    unittest.main()
