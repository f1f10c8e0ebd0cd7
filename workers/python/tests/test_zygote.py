"""The zygote as a real process, with descriptor 3 as its line to the supervisor (control.md)."""

from __future__ import annotations

import json
import os
import platform
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import unittest
from typing import Any, Dict, List, Optional, Sequence

from .fake_front import TIMEOUT, Connection, settings

OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Takes the socket's number, makes it descriptor 3 and becomes the worker package, as the supervisor's spawn does.
LAUNCHER = 'import os, sys; os.dup2(int(sys.argv[1]), 3); os.execv(sys.executable, [sys.executable, "-m", "galley_worker"])'

WSGI = """
    import os

    def app(environ, start_response):
        start_response('200 OK', [])
        return [answer().encode()]

    def answer():
        return 'ok'
"""


class Zygote:
    """A supervisor's end."""

    def __init__(
        self,
        files: Dict[str, str],
        environment: Optional[Dict[str, str]] = None,
        reload: bool = False,
        inspect: bool = False,
        preload: str = 'auto',
        absent: Sequence[str] = (),
        launched_by: str = '',
        **changes: Any,
    ) -> None:
        """`absent`: sockets that the workers are told of ahead of this one's. `launched_by`: code of a process that is to be the parent."""
        self.folder = os.path.realpath(tempfile.mkdtemp())
        for name, text in files.items():
            with open(os.path.join(self.folder, name), 'w', encoding='utf-8') as file:
                file.write(textwrap.dedent(text))
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(f'{self.folder}/front.sock')
        self._listener.listen()
        self._listener.settimeout(TIMEOUT)
        self.control, theirs = socket.socketpair()
        self.control.settimeout(TIMEOUT)
        code = [launched_by, LAUNCHER] if launched_by else [LAUNCHER]
        self.process = subprocess.Popen(
            [sys.executable, '-c', *code, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env={**os.environ, 'PYTHONPATH': OURS, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        theirs.close()
        self._lines = self.control.makefile('r', encoding='utf-8')
        sockets = [*absent, f'{self.folder}/front.sock']
        options = settings(**{'directory': self.folder, 'interface': 'auto', 'sockets': sockets, **changes})
        self.send(command='load', preload=preload, reload=reload, inspect=inspect, **vars(options))

        self._fronts: List[Connection] = []

    def __enter__(self) -> Zygote:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self.control.close()
        self.output = self.process.communicate(timeout=TIMEOUT)
        for front in self._fronts:
            front.socket.close()
        self._listener.close()
        shutil.rmtree(self.folder)

    def send(self, **message: Any) -> None:
        self.control.sendall(json.dumps(message).encode() + b'\n')

    def event(self) -> Dict[str, Any]:
        line = self._lines.readline()
        if not line:
            raise AssertionError(f'the zygote is gone: {self.process.communicate()}')
        return dict(json.loads(line))

    def fork(self, worker: int, leader: bool = False) -> int:
        """Forks a worker and returns its process id."""
        self.send(command='fork', worker=worker, leader=leader)
        event = self.event()
        assert (event['event'], event['worker']) == ('forked', worker), event
        return int(event['pid'])

    def drain(self, front: Connection) -> Dict[str, Any]:
        """Drains a worker and returns how it exited."""
        front.send(5, 0, 0)
        front.close()
        return self.event()

    def accept(self) -> Connection:
        front = Connection(self._listener.accept()[0])
        self._fronts.append(front)
        return front


def wait_gone(pids: List[int]) -> None:
    """Waits until processes that are not ours to reap have ended. Raises where one does not."""
    if not hasattr(os, 'pidfd_open'):
        raise unittest.SkipTest('this Python cannot wait for a process that is not its own')
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        ready, _, _ = select.select([descriptor], [], [], TIMEOUT)
        os.close(descriptor)
        if not ready:
            raise AssertionError(f'process {pid} is still there')


class ZygoteTest(unittest.TestCase):
    def test_it_loads_forks_and_tells_of_an_exit(self) -> None:
        with Zygote({'main.py': WSGI}) as zygote:
            loaded = zygote.event()
            self.assertEqual(
                {key: loaded[key] for key in ('event', 'interface', 'implementation', 'preloaded', 'found')},
                {
                    'event': 'loaded',
                    'interface': 'wsgi',
                    'implementation': platform.python_implementation(),
                    'preloaded': True,
                    'found': [],
                },
            )
            self.assertEqual(loaded['python'], sys.version.split()[0])
            self.assertGreaterEqual(loaded['milliseconds'], 0)
            pid = zygote.fork(3)
            front = zygote.accept()
            self.assertEqual((front.hello['worker'], front.hello['pid']), (3, pid))
            self.assertEqual(front.get().body, b'ok')
            front.send(5, 0, 0)
            front.close()
            self.assertEqual(
                zygote.event(), {'event': 'exited', 'worker': 3, 'pid': pid, 'code': 0, 'signal': None}
            )
        self.assertEqual((zygote.process.returncode, zygote.output), (0, ('', '')))

    def test_it_sends_signals_to_a_worker(self) -> None:
        with Zygote({'main.py': WSGI}) as zygote:
            zygote.event()
            first, second = zygote.fork(1), zygote.fork(2)
            zygote.send(command='signal', worker=1, signal='SIGKILL')
            self.assertEqual(
                zygote.event(), {'event': 'exited', 'worker': 1, 'pid': first, 'code': None, 'signal': 'SIGKILL'}
            )
            zygote.send(command='signal', worker=1, signal='SIGKILL')
            zygote.send(command='signal', worker=2, signal='SIGUSR2')
            self.assertEqual((zygote.event()['pid'], second), (second, second))

    def test_it_kills_its_workers_and_exits_when_the_supervisor_is_gone(self) -> None:
        with Zygote({'main.py': WSGI}) as zygote:
            zygote.event()
            pids = [zygote.fork(1), zygote.fork(2)]
        self.assertEqual(zygote.process.returncode, 0)
        wait_gone(pids)

    def test_sigterm_to_all_processes_is_left_to_the_supervisor(self) -> None:
        with Zygote({'main.py': WSGI}) as zygote:
            zygote.event()
            first = zygote.fork(1)
            zygote.process.terminate()
            os.kill(first, signal.SIGTERM)
            zygote.fork(2)
            zygote.send(command='signal', worker=1, signal='SIGKILL')
            self.assertEqual(zygote.event()['signal'], 'SIGKILL')

    def test_what_the_app_forks_and_that_forks_keeps_its_own_files(self) -> None:
        forks = '''
            import os
            def in_child(act):
                reader, writer = os.pipe()
                if os.fork() == 0:
                    os.write(writer, act())
                    os._exit(0)
                os.wait()
                return os.read(reader, 100)
            def opens():
                # The lowest number that is free is that of the connection to the front.
                files = [open('/dev/null') for _ in range(10)]
                return in_child(lambda: b'%d' % len([os.fstat(file.fileno()) for file in files]))
            def app(environ, start_response):
                start_response('200 OK', [])
                return [in_child(opens)]
        '''
        with Zygote({'main.py': forks}) as zygote:
            zygote.event()
            zygote.fork(1)
            front = zygote.accept()
            self.assertEqual(front.get().body, b'10')
            zygote.drain(front)
        self.assertEqual(zygote.output, ('', ''))

    def test_a_notice_of_the_stop_that_comes_while_python_ends_does_not_kill(self) -> None:
        late = '''
            import os, signal, sys
            class Late:
                def __del__(self, kill=os.kill, me=os.getpid, term=signal.SIGTERM):
                    kill(me(), term)
            sys.modules['late'] = Late()
        '''
        with Zygote({'main.py': textwrap.dedent(late) + textwrap.dedent(WSGI)}) as zygote:
            zygote.event()
            zygote.fork(1)
            self.assertEqual(zygote.drain(zygote.accept())['code'], 0)

    def test_signals_of_the_terminal_do_nothing(self) -> None:
        with Zygote({'main.py': WSGI}) as zygote:
            zygote.event()
            pid = zygote.fork(1)
            front = zygote.accept()
            for each in (signal.SIGINT, signal.SIGHUP):
                os.kill(pid, each)
                zygote.process.send_signal(each)
            self.assertEqual(front.get().body, b'ok')
            zygote.fork(2)

    def test_a_worker_in_a_request_ends_when_its_zygote_is_killed(self) -> None:
        stuck = 'import time\ndef app(environ, start_response):\n    time.sleep(60)'
        for threads in (1, 4):
            with self.subTest(threads), Zygote({'main.py': stuck}, threads=threads) as zygote:
                zygote.event()
                pid = zygote.fork(1)
                zygote.accept().request()
                zygote.process.kill()
                wait_gone([pid])

    def test_a_worker_ends_when_the_front_closes_without_drain(self) -> None:
        asgi = 'async def app(scope, receive, send): pass'
        for text in (WSGI, asgi):
            with self.subTest(text), Zygote({'main.py': text}) as zygote:
                zygote.event()
                zygote.fork(1)
                zygote.accept().socket.close()
                self.assertEqual(zygote.event()['code'], 1)

    def test_a_worker_ends_with_a_message_when_the_front_sends_a_broken_frame(self) -> None:
        asgi = 'async def app(scope, receive, send): pass'
        for text in (WSGI, asgi):
            with self.subTest(text), Zygote({'main.py': text}) as zygote:
                zygote.event()
                zygote.fork(1)
                zygote.accept().send(20, 0, 1)
                self.assertEqual(zygote.event()['code'], 1)
            self.assertIn('broken frame', zygote.output[1])

    def test_it_ends_during_an_import_when_the_supervisor_goes(self) -> None:
        with Zygote({'main.py': 'print("importing", flush=True)\nimport time\ntime.sleep(60)'}) as zygote:
            assert zygote.process.stdout
            self.assertEqual(zygote.process.stdout.readline(), 'importing\n')
        self.assertEqual(zygote.process.returncode, 1)

    def test_an_import_that_fails_is_reported_and_ends_it_with_code_3(self) -> None:
        with Zygote({'main.py': 'import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\n1/0'}) as zygote:
            event = zygote.event()
            self.assertEqual((event['event'], event['kind']), ('failed', 'import-error'))
            self.assertIn('ZeroDivisionError', event['traceback'])
            self.assertEqual(zygote.process.wait(TIMEOUT), 3)

    def test_an_import_that_starts_a_thread_or_opens_a_socket_is_not_forked(self) -> None:
        thread = 'import threading\nthreading.Thread(target=threading.Event().wait, name="poller", daemon=True).start()\n'
        opened = 'import socket\nkept = socket.socket()\nkept.bind(("127.0.0.1", 0))\n'
        polled = 'import select\nkept = select.epoll()\n'
        count = 'import os\nwith open("imports", "a") as file: file.write("x")\n'
        for text, expected in ((thread, 'thread poller'), (opened, 'socket 127.0.0.1:'), (polled, 'eventpoll')):
            with self.subTest(expected), Zygote({'main.py': text + count + textwrap.dedent(WSGI)}) as zygote:
                loaded = zygote.event()
                self.assertEqual((loaded['event'], loaded['preloaded'], loaded['interface']), ('loaded', False, 'wsgi'))
                self.assertIn(expected, loaded['found'][0])
                self.assertEqual(len(loaded['found']), 1)
                self.assertEqual(loaded['python'], sys.version.split()[0])
                for worker in (1, 2):
                    zygote.fork(worker)
                    self.assertEqual(zygote.accept().get().body, b'ok')
                with open(f'{zygote.folder}/imports', encoding='utf-8') as file:
                    self.assertEqual(file.read(), 'xxx')

    def test_an_app_that_fails_in_its_worker_says_so_in_hello_and_exits_with_code_3(self) -> None:
        fails = """
            async def app(scope, receive, send):
                await receive()
                await send({'type': 'lifespan.startup.failed', 'message': 'no database'})
        """
        with Zygote({'main.py': fails}, lifespan='auto') as zygote:
            zygote.event()
            zygote.fork(1)
            self.assertEqual(zygote.accept().hello['failed'], 'no database')
            self.assertEqual(zygote.event()['code'], 3)

    def test_the_app_sees_a_process_of_its_own(self) -> None:
        text = WSGI + """
            import json, sys
            def answer():
                here = os.path.dirname(os.path.abspath(__file__))
                return json.dumps({
                    'argv': sys.argv, 'first': sys.path[0] == here, 'folder': os.getcwd() == here,
                    'ours': [entry for entry in sys.path if 'workers' in entry],
                    'PYTHONPATH': os.environ.get('PYTHONPATH'),
                })
        """.replace('\n        ', '\n')
        for added, kept in (('', None), (os.pathsep + '/extra', '/extra')):
            with self.subTest(kept), Zygote({'main.py': text}, {'PYTHONPATH': OURS + added}) as zygote:
                zygote.event()
                zygote.fork(1)
                self.assertEqual(
                    json.loads(zygote.accept().get().body),
                    {'argv': ['galley'], 'first': True, 'folder': True, 'ours': [], 'PYTHONPATH': kept},
                )

    def test_programs_that_the_app_starts_get_the_terminals_signals_as_usual(self) -> None:
        text = WSGI + """
            import subprocess, sys
            def answer():
                code = 'import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)'
                return subprocess.run([sys.executable, '-c', code], capture_output=True, text=True).stdout
        """.replace('\n        ', '\n')
        with Zygote({'main.py': text}) as zygote:
            zygote.event()
            zygote.fork(1)
            self.assertEqual(zygote.accept().get().body, b'True\n')

    def test_the_app_can_spawn_processes_with_multiprocessing(self) -> None:
        text = WSGI + """
            import multiprocessing
            def answer():
                with multiprocessing.get_context('spawn').Pool(1) as pool:
                    return pool.apply(str.upper, ('spawned',))
        """.replace('\n        ', '\n')
        with Zygote({'main.py': text}) as zygote:
            zygote.event()
            zygote.fork(1)
            self.assertEqual(zygote.accept().get().body, b'SPAWNED')

    def test_an_import_may_leave_a_forked_child(self) -> None:
        forked = 'import multiprocessing\nkept = multiprocessing.get_context("fork").Manager().dict(answer="kept")\n'
        with Zygote({'main.py': forked + textwrap.dedent(WSGI).replace("'ok'", "kept['answer']")}) as zygote:
            self.assertEqual(zygote.event()['event'], 'loaded')
            zygote.fork(1)
            self.assertEqual(zygote.accept().get().body, b'kept')

    def test_what_the_app_writes_to_the_first_free_descriptors_is_not_taken_for_a_message(self) -> None:
        written = 'import os\nfrom contextlib import suppress\nwith suppress(OSError): os.write(3, b"ready\\n")\n'
        thread = 'import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n'
        for first in ('', thread):
            with self.subTest(first), Zygote({'main.py': first + written + textwrap.dedent(WSGI)}) as zygote:
                self.assertEqual(zygote.event()['event'], 'loaded')
                zygote.fork(1)
                self.assertEqual(zygote.accept().get().body, b'ok')

    def test_what_the_import_printed_is_written_once(self) -> None:
        with Zygote({'main.py': 'print("imported")' + WSGI.replace('\n    ', '\n')}) as zygote:
            zygote.event()
            for worker in (1, 2):
                zygote.fork(worker)
                front = zygote.accept()
                front.send(5, 0, 0)
                front.close()
                self.assertEqual(zygote.event()['code'], 0)
        self.assertEqual(zygote.output, ('imported\n', ''))


if __name__ == '__main__':
    unittest.main()
