"""Hooks around the fork (docs/worker-hooks.md), and what a worker is told in its environment."""

from __future__ import annotations

import os
import textwrap
import unittest
from typing import List

from .test_preload import THREAD
from .test_zygote import Zygote

NOTES = """
    import os
    from galley_worker import hooks

    def note(what):
        with open('notes', 'a') as file:
            file.write(what + '\\n')

    @hooks.before_fork
    def before():
        note('before')

    @hooks.after_fork
    def after():
        note('after ' + os.environ['GALLEY_WORKER_ID'] + ' ' + os.environ['GALLEY_WORKER_LEADER'])

    @hooks.after_fork
    def then():
        note('then')

    @hooks.worker_exit
    def last():
        note('last')

    @hooks.worker_exit
    def ended():
        note('ended')

    note('imported ' + os.environ.get('GALLEY_WORKER_LEADER', 'nowhere'))
"""
ASGI = """
    async def app(scope, receive, send):
        if scope['type'] == 'lifespan':
            await receive()
            note('startup')
            await send({'type': 'lifespan.startup.complete'})
            await receive()
            note('shutdown')
            await send({'type': 'lifespan.shutdown.complete'})
        else:
            await send({'type': 'http.response.start', 'status': 200})
            await send({'type': 'http.response.body', 'body': os.environ['GALLEY_WORKER_LEADER'].encode()})
"""
WSGI = """
    def app(environ, start_response):
        start_response('200 OK', [])
        return [os.environ['GALLEY_WORKER_LEADER'].encode()]
"""


def app_of(*parts: str) -> str:
    return ''.join(map(textwrap.dedent, parts))


class HooksTest(unittest.TestCase):
    def notes(self, zygote: Zygote) -> List[str]:
        with open(f'{zygote.folder}/notes', encoding='utf-8') as file:
            return file.read().split('\n')[:-1]

    def test_hooks_run_in_their_order_around_the_life_of_a_worker(self) -> None:
        around = ['after 3 1', 'then', 'startup', 'shutdown', 'ended', 'last']
        with Zygote({'main.py': app_of(NOTES, ASGI)}, lifespan='on') as zygote:
            zygote.event()
            zygote.fork(3, leader=True)
            front = zygote.accept()
            self.assertEqual(front.get().body, b'1')
            self.assertEqual(zygote.drain(front)['code'], 0)
            self.assertEqual(self.notes(zygote), ['imported nowhere', 'before', *around])

    def test_a_wsgi_worker_has_them_too_and_is_told_that_it_does_not_lead(self) -> None:
        with Zygote({'main.py': app_of(NOTES, WSGI)}) as zygote:
            zygote.event()
            zygote.fork(4)
            front = zygote.accept()
            self.assertEqual(front.get().body, b'0')
            zygote.drain(front)
            self.assertEqual(self.notes(zygote), ['imported nowhere', 'before', 'after 4 0', 'then', 'ended', 'last'])

    def test_in_a_worker_that_imports_for_itself_after_fork_comes_behind_the_import(self) -> None:
        with Zygote({'main.py': app_of(THREAD, NOTES, WSGI)}) as zygote:
            self.assertFalse(zygote.event()['preloaded'])
            zygote.fork(1, leader=True)
            front = zygote.accept()
            zygote.drain(front)
            self.assertEqual(self.notes(zygote), ['imported nowhere', 'imported 1', 'after 1 1', 'then', 'ended', 'last'])

    def test_the_decorators_return_the_function(self) -> None:
        text = 'from galley_worker import hooks\nimport os\n'
        text += 'for hook in (hooks.before_fork, hooks.after_fork, hooks.worker_exit): assert hook(print) is print\n'
        with Zygote({'main.py': text + app_of(WSGI)}) as zygote:
            self.assertEqual(zygote.event()['event'], 'loaded')

    def test_a_before_fork_hook_that_raises_keeps_the_worker_from_being_forked(self) -> None:
        raises = '@hooks.before_fork\ndef fails():\n    if os.path.exists("broken"): raise LookupError("no pool")\n'
        with Zygote({'main.py': app_of(NOTES, raises, WSGI), 'broken': ''}) as zygote:
            zygote.event()
            zygote.send(command='fork', worker=1, leader=False)
            self.assertEqual(zygote.event(), {'event': 'exited', 'worker': 1, 'pid': 0, 'code': 1, 'signal': None})
            os.remove(f'{zygote.folder}/broken')
            zygote.fork(2)
            self.assertEqual(zygote.accept().get().body, b'0')
        self.assertIn('LookupError: no pool', zygote.output[1])
        self.assertIn('in fails', zygote.output[1])

    def test_an_after_fork_hook_that_raises_is_why_the_worker_cannot_start(self) -> None:
        for statement in ('raise LookupError("no pool")', 'raise SystemExit("no pool")'):
            raises = f'@hooks.after_fork\ndef fails(): {statement}\n'
            with self.subTest(statement), Zygote({'main.py': app_of(NOTES, raises, WSGI)}) as zygote:
                zygote.event()
                zygote.fork(1)
                self.assertIn('no pool', zygote.accept().hello['failed'])
                self.assertEqual(zygote.event()['code'], 3)
                self.assertEqual(self.notes(zygote), ['imported nowhere', 'before', 'after 1 0', 'then'])

    def test_a_worker_exit_hook_that_raises_is_told_and_the_others_run(self) -> None:
        for statement in ('raise LookupError("no pool")', 'raise SystemExit(5)'):
            raises = f'@hooks.worker_exit\ndef fails(): {statement}\n'
            with self.subTest(statement), Zygote({'main.py': app_of(NOTES, raises, WSGI)}) as zygote:
                zygote.event()
                zygote.fork(1)
                self.assertEqual(zygote.drain(zygote.accept())['code'], 0)
                self.assertEqual(self.notes(zygote)[-2:], ['ended', 'last'])
            self.assertIn('in fails', zygote.output[1])

    def test_worker_exit_hooks_do_not_run_where_the_import_of_a_worker_fails(self) -> None:
        raises = 'if "GALLEY_WORKER_ID" in os.environ: raise LookupError("no pool")\n'
        with Zygote({'main.py': app_of(NOTES, raises, WSGI)}, preload='never') as zygote:
            zygote.event()
            zygote.fork(1)
            self.assertIn('no pool', zygote.accept().hello['failed'])
            self.assertEqual(zygote.event()['code'], 3)
            self.assertEqual(self.notes(zygote), ['imported nowhere', 'imported 0'])

    def test_worker_exit_hooks_run_where_lifespan_startup_fails(self) -> None:
        fails = 'async def app(scope, receive, send): raise SystemExit(1)\n'
        with Zygote({'main.py': app_of(NOTES, fails)}, lifespan='on') as zygote:
            zygote.event()
            zygote.fork(1)
            self.assertIn('failed', zygote.accept().hello)
            self.assertEqual(zygote.event()['code'], 3)
            self.assertEqual(self.notes(zygote)[-2:], ['ended', 'last'])


if __name__ == '__main__':
    unittest.main()
