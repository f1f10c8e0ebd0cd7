"""A worker that is stuck writes down where."""

from __future__ import annotations

import os
import re
import signal
import stat
import sys
import textwrap
import time
import unittest

from galley_worker.stack_request import is_held_in_c

from .test_zygote import WSGI, Zygote
from .until import until

LOOP = """
    def app(environ, start_response):
        stuck()
    def stuck():
        while True:
            pass
"""
# A regular expression that takes for ever: Python's lock is not let go of.
IN_C = """
    import re
    def app(environ, start_response):
        stuck()
    def stuck():
        re.match('(a*)*b', 'a' * 40)
"""
ASGI = """
    async def app(scope, receive, send):
        stuck()
    def stuck():
        while True:
            pass
"""
# Frames that come and go all the time, in threads beside a main one that waits without Python's lock.
BUSY = """
    import json, logging, threading

    def work():
        log = logging.getLogger('busy')
        while True:
            deep(50, [])
            log.error('%s', json.loads(json.dumps({'a': [{'b': str(each)} for each in range(20)]})))

    def deep(level, kept):
        if level:
            deep(level - 1, [kept, object()])

    logging.disable(logging.ERROR)
    for number in range(6):
        threading.Thread(target=work, name=f'busy-{number}', daemon=True).start()
"""
TASKS = """
    import asyncio
    async def app(scope, receive, send):
        await waits(asyncio.Event())
    async def waits(event):
        await event.wait()
"""


@unittest.skipUnless(hasattr(sys, '_current_frames'), 'this Python does not tell the frames of its threads')
class StacksTest(unittest.TestCase):
    def test_threads_that_work_meanwhile_are_not_harmed(self) -> None:
        with Zygote({'main.py': textwrap.dedent(BUSY) + textwrap.dedent(WSGI)}) as zygote:
            zygote.event()
            zygote.fork(1)
            front = zygote.accept()
            path = f'{zygote.folder}/stacks-1'
            for _ in range(200):
                zygote.send(command='signal', worker=1, signal='SIGRTMIN+8')
                until(lambda: 'Current thread' in text_of(path) and text_of(path).endswith('\n'))
                text = text_of(path)
                os.truncate(path, 0)
                for number in range(6):
                    self.assertRegex(text, rf'Thread 0x[0-9a-f]{{16}} \[busy-{number}\] \(most recent call first\):\n  File "')
            self.assertEqual(front.get().body, b'ok')
        last = text.rpartition('\n\n')[2]
        heading = r'^Current thread 0x[0-9a-f]{16} \[MainThread\] \(most recent call first\):\n'
        self.assertRegex(last, heading + r'  File ".*", line \d+ in read\n')

    def test_tasks_of_the_event_loop_are_told_where_they_wait(self) -> None:
        with Zygote({'main.py': TASKS}) as zygote:
            zygote.event()
            zygote.fork(1)
            zygote.accept().request()
            path = f'{zygote.folder}/stacks-1'

            def is_told() -> bool:
                zygote.send(command='signal', worker=1, signal='SIGRTMIN+8')
                return 'in waits' in text_of(path)

            until(is_told)
            self.assertRegex(
                text_of(path),
                r'(?m)^Task .+ \(most recent call first\):\n(  File ".*asyncio.*\n)+  File ".*main.py", line 6 in waits\n'
                r'  File ".*main.py", line 4 in app\n(  File ".*galley_worker.*\n)+\n',
            )

    @unittest.skipUnless(os.path.isdir('/proc/self/task'), 'needs /proc')
    def test_a_process_that_is_stopped_gets_no_signal(self) -> None:
        with Zygote({'main.py': WSGI}) as zygote:
            zygote.event()
            pid = zygote.fork(1)
            front = zygote.accept()
            os.kill(pid, signal.SIGSTOP)
            tasks = f'/proc/{pid}/task'
            until(lambda: all('\nState:\tT' in text_of(f'{tasks}/{task}/status') for task in os.listdir(tasks)))
            asked = time.monotonic()
            zygote.send(command='signal', worker=1, signal='SIGRTMIN+8')
            until(lambda: time.monotonic() > asked + 1.5)
            pending = re.findall(r'(?m)^ShdPnd:\s*(\w+)', text_of(f'/proc/{pid}/status'))
            self.assertEqual([int(each, 16) for each in pending], [0])
            os.kill(pid, signal.SIGCONT)
            self.assertEqual(front.get().body, b'ok')
            self.assertEqual(text_of(f'{zygote.folder}/stacks-1'), '')

    def test_a_worker_that_never_rests_names_file_and_line(self) -> None:
        for text in (LOOP, IN_C, ASGI):
            with self.subTest(text), Zygote({'main.py': text}) as zygote:
                zygote.event()
                zygote.fork(1)
                zygote.accept().request()
                path = f'{zygote.folder}/stacks-1'

                def is_stuck() -> bool:
                    zygote.send(command='signal', worker=1, signal='SIGRTMIN+8')
                    return 'in stuck' in text_of(path)

                until(is_stuck)
                self.assertRegex(text_of(path), f'File "{zygote.folder}/main.py", line [56] in stuck')

    def test_the_file_is_the_owners_and_is_emptied_at_the_start(self) -> None:
        with Zygote({'main.py': WSGI, 'stacks-3': 'of an earlier one'}) as zygote:
            zygote.event()
            zygote.fork(3)
            zygote.fork(4)
            for _ in range(2):
                zygote.accept()
            facts = [os.stat(f'{zygote.folder}/stacks-{worker}') for worker in (3, 4)]
            self.assertEqual([each.st_size for each in facts], [0, 0])
            self.assertEqual(stat.S_IMODE(facts[1].st_mode), 0o600)

    def test_a_worker_goes_on_and_writes_again(self) -> None:
        with Zygote({'main.py': WSGI}) as zygote:
            zygote.event()
            zygote.fork(1)
            front = zygote.accept()
            for times in (1, 2):
                zygote.send(command='signal', worker=1, signal='SIGRTMIN+8')
                until(lambda: text_of(f'{zygote.folder}/stacks-1').count('Current thread') == times)
            self.assertEqual(front.get().body, b'ok')

    def test_programs_do_not_inherit_it_and_its_number_is_out_of_the_way(self) -> None:
        text = WSGI + """
            import subprocess
            def answer():
                own = [os.readlink(f'/proc/self/fd/{each}') for each in range(3, 100) if os.path.exists(f'/proc/self/fd/{each}')]
                return subprocess.run('ls -l /proc/self/fd', shell=True, capture_output=True, text=True, close_fds=False).stdout + str(own)
        """.replace('\n        ', '\n')
        with Zygote({'main.py': text}) as zygote:
            zygote.event()
            zygote.fork(1)
            self.assertNotIn('stacks', zygote.accept().get().body.decode())

    def test_the_lock_is_taken_for_held_in_c_only_where_nothing_in_python_can_go_on(self) -> None:
        for states, is_held in (
            ({'1': ('S', 0), '2': ('R', 40)}, True),  # one works, the others wait
            ({'1': ('S', 1), '2': ('R', 40)}, True),
            ({'1': ('S', 0), '2': ('S', 0)}, True),
            ({'1': ('R', 20), '2': ('R', 20)}, False),  # threads of Python take turns
            ({'1': ('S', 0), '2': ('R', 2)}, False),  # short of processor time
            ({'1': ('S', 0), '2': ('R', 0)}, False),
            ({'1': ('T', 0), '2': ('T', 0)}, False),
            ({}, False),
        ):
            with self.subTest(states):
                before = {thread: (state, 100) for thread, (state, _) in states.items()}
                after = {thread: (state, 100 + ticks) for thread, (state, ticks) in states.items()}
                self.assertEqual(is_held_in_c(before, after), is_held)


def text_of(path: str) -> str:
    with open(path, encoding='utf-8') as file:
        return file.read()


if __name__ == '__main__':
    unittest.main()
