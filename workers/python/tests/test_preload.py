"""Which apps are imported in the zygote: `preload`, and what speaks against a fork."""

from __future__ import annotations

import _thread
import os
import sqlite3
import tempfile
import textwrap
import time
import unittest

from galley_worker.inspect_process import ProcessState, files_opened, unsafe_to_fork

from .test_zygote import WSGI, Zygote

COUNT = 'import os\nwith open("imports", "a") as file: file.write("x")\n'
THREAD = 'import threading\nthreading.Thread(target=threading.Event().wait, name="poller", daemon=True).start()\n'


class PreloadTest(unittest.TestCase):
    def check(self, text: str, preload: str, is_preloaded: bool, found: int, imports: int) -> None:
        with Zygote({'main.py': text + COUNT + textwrap.dedent(WSGI)}, preload=preload) as zygote:
            loaded = zygote.event()
            self.assertEqual((loaded['preloaded'], len(loaded['found'])), (is_preloaded, found))
            for worker in (1, 2):
                zygote.fork(worker)
                self.assertEqual(zygote.accept().get().body, b'ok')
            with open(f'{zygote.folder}/imports', encoding='utf-8') as file:
                self.assertEqual(len(file.read()), imports)

    def test_auto_forks_what_can_be_forked(self) -> None:
        self.check('', 'auto', True, 0, 1)
        self.check(THREAD, 'auto', False, 1, 3)

    def test_always_forks_and_still_tells_what_the_import_left(self) -> None:
        self.check(THREAD, 'always', True, 1, 1)

    def test_never_has_every_worker_import_the_app(self) -> None:
        self.check('', 'never', False, 0, 3)
        self.check(THREAD, 'never', False, 1, 3)

    def test_loaded_tells_the_memory_of_the_zygote(self) -> None:
        for preload in ('always', 'never'):
            with Zygote({'main.py': 'kept = b"x" * 50_000_000\n' + textwrap.dedent(WSGI)}, preload=preload) as zygote:
                self.assertGreater(zygote.event()['rss'], 50_000_000)

    def test_an_import_that_opens_a_database_of_sqlite_is_not_forked(self) -> None:
        opened = 'import sqlite3\nkept = sqlite3.connect("x.sqlite3")\nkept.execute("create table if not exists t (a)")\n'
        with Zygote({'main.py': opened + textwrap.dedent(WSGI)}) as zygote:
            loaded = zygote.event()
            self.assertEqual((loaded['preloaded'], loaded['found']), (False, [f'database {zygote.folder}/x.sqlite3']))


class ThreadTest(unittest.TestCase):
    """Threads that `threading` does not know, as it does not know one that was joined and that the kernel still shows."""

    @unittest.skipUnless(os.path.isdir('/proc/self/task'), 'needs /proc')
    def test_one_that_ends_a_moment_later_is_not_left_behind(self) -> None:
        for _ in range(5):
            before = ProcessState.now()
            _thread.start_new_thread(time.sleep, (0.01,))
            self.assertEqual(unsafe_to_fork(before), [])

    @unittest.skipUnless(os.path.isdir('/proc/self/task'), 'needs /proc')
    def test_one_that_stays_is(self) -> None:
        before = ProcessState.now()
        ended = _thread.allocate_lock()
        with ended:
            _thread.start_new_thread(ended.acquire, ())
            found = unsafe_to_fork(before)
        self.assertEqual(len(found), 1)
        self.assertRegex(found[0], r'^thread native-\d+ ')


class DatabaseTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(os.path.realpath(folder.name), 'x.sqlite3')

    def test_an_open_database_is_named_by_its_path_and_is_none_of_the_files(self) -> None:
        with sqlite3.connect(self.path) as made:
            made.execute('create table t (a)')
        made.close()
        before = ProcessState.now()
        opened = sqlite3.connect(self.path)
        self.addCleanup(opened.close)
        self.assertEqual(unsafe_to_fork(before), [f'database {self.path}'])
        self.assertEqual(files_opened(before), [])

    def test_the_lock_on_a_database_is_kept(self) -> None:
        opened = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(opened.close)
        before = ProcessState(frozenset(), frozenset())
        opened.execute('create table t (a)')
        opened.execute('begin exclusive')
        self.assertIn(f'database {self.path}', unsafe_to_fork(before))
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                sqlite3.connect(self.path, timeout=0).execute('insert into t values (1)')
            except sqlite3.OperationalError:
                code = 0  # it is locked
            finally:
                os._exit(code)
        self.assertEqual(os.waitpid(pid, 0)[1], 0)

    def test_other_files_are_no_databases(self) -> None:
        before = ProcessState.now()
        with open(self.path, 'wb') as written, open(os.devnull, 'rb'), open(self.path + '.empty', 'w+b'):
            written.write(b'SQLite format 3\0')
            written.flush()
            self.assertEqual(unsafe_to_fork(before), [])


if __name__ == '__main__':
    unittest.main()
