"""A worker that is stuck writes down where."""

from __future__ import annotations

import faulthandler
import os
import stat
import unittest

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


@unittest.skipUnless(hasattr(faulthandler, 'register'), 'this Python cannot write stacks on a signal')
class StacksTest(unittest.TestCase):
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


def text_of(path: str) -> str:
    with open(path, encoding='utf-8') as file:
        return file.read()


if __name__ == '__main__':
    unittest.main()
