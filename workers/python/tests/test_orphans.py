"""Processes whose parent, a worker, has ended."""

from __future__ import annotations

import os
import sys
import textwrap
import unittest
from typing import List

from .test_zygote import Zygote
from .until import until

# Answers with the id of a process whose parent has ended; it ends when the file `go` is removed, with 0.
DAEMON = """
    import os, subprocess, time

    def app(environ, start_response):
        start_response('200 OK', [])
        reader, writer = os.pipe()
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.write(writer, str(os.getpid()).encode())
                while os.path.exists('go'):
                    time.sleep(0.01)
                os._exit(0)
            os._exit(0)
        os.wait()
        return [os.read(reader, 100)]
"""
# Its first call starts a program that ends with 7, its second one wants to know that.
HOOK = """
    from galley_worker import hooks

    started = []

    @hooks.before_fork
    def start():
        if started:
            print(started[0].wait(10), flush=True)
        else:
            started.append(subprocess.Popen(['sh', '-c', 'exit 7']))
"""
THREAD = 'import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n'


def state(pid: int) -> List[str]:
    """The state letter and the parent of a process; nothing where there is none."""
    try:
        with open(f'/proc/{pid}/stat', encoding='utf-8') as file:
            return file.read().rpartition(')')[2].split()[:2]
    except OSError:
        return []


@unittest.skipUnless(sys.platform == 'linux', 'only Linux has processes that take in orphans')
class OrphansTest(unittest.TestCase):
    def orphan(self, zygote: Zygote) -> int:
        """The process id of an orphan of worker 1."""
        zygote.event()
        zygote.fork(1)
        pid = int(zygote.accept().get().body)
        until(lambda: state(pid)[1] == str(zygote.process.pid))
        return pid

    def test_the_zygote_takes_them_in_and_reaps_them(self) -> None:
        for preload in ('auto', 'never'):
            with self.subTest(preload), Zygote({'main.py': DAEMON, 'go': ''}, preload=preload) as zygote:
                pid = self.orphan(zygote)
                os.remove(f'{zygote.folder}/go')
                until(lambda: not state(pid))

    def test_it_leaves_the_exit_of_a_program_that_the_import_or_a_hook_started(self) -> None:
        imported = """
            import subprocess
            started = [subprocess.Popen(['sh', '-c', 'exit 7'])]
        """
        for text in (DAEMON + HOOK, DAEMON + HOOK + imported.replace('\n        ', '\n')):
            with self.subTest(text), Zygote({'main.py': text, 'go': ''}) as zygote:
                pid = self.orphan(zygote)
                os.remove(f'{zygote.folder}/go')
                until(lambda: not state(pid))
                zygote.fork(2)
            self.assertTrue(zygote.output[0].startswith('7\n'), zygote.output)

    def test_where_threads_of_the_import_may_start_programs_it_reaps_workers_alone(self) -> None:
        with Zygote({'main.py': THREAD + textwrap.dedent(DAEMON), 'go': ''}, preload='always') as zygote:
            pid = self.orphan(zygote)
            os.remove(f'{zygote.folder}/go')
            until(lambda: state(pid)[0] == 'Z')
            zygote.send(command='signal', worker=1, signal='SIGKILL')
            self.assertEqual(zygote.event()['signal'], 'SIGKILL')
            self.assertEqual(state(pid), ['Z', str(zygote.process.pid)])


if __name__ == '__main__':
    unittest.main()
