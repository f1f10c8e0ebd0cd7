"""Source files that change twice within a second."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import unittest

from .test_zygote import OURS

_PREPARE = 'from galley_worker.fresh_source import compile_fresh_sources_anew; compile_fresh_sources_anew()'


class FreshSourceTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, text: str, changed: float) -> None:
        path = os.path.join(self.folder, 'page.py')
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        os.utime(path, (changed, changed))

    def imported(self, prepare: str) -> str:
        """What an import of the file in a new process prints."""
        program = f'import sys; sys.path[:0] = [{OURS!r}, {self.folder!r}]; {prepare}; import page'
        environment = {name: value for name, value in os.environ.items() if name != 'PYTHONDONTWRITEBYTECODE'}
        process = subprocess.run([sys.executable, '-c', program], env=environment, stdout=subprocess.PIPE, text=True, check=True)
        return process.stdout.strip()

    def test_the_second_version_is_imported_although_its_time_and_size_are_those_of_the_first(self) -> None:
        now = float(int(time.time()))
        self.write('print("one")', now)
        self.assertEqual(self.imported(_PREPARE), 'one')
        self.write('print("two")', now)
        self.assertEqual(self.imported(_PREPARE), 'two')

    def test_it_is_not_with_an_import_as_usual(self) -> None:
        now = float(int(time.time()))
        self.write('print("one")', now)
        self.imported('pass')
        self.write('print("two")', now)
        self.assertEqual(self.imported('pass'), 'one')

    def test_a_file_that_has_not_changed_for_a_while_gets_bytecode(self) -> None:
        self.write('print("one")', time.time() - 60)
        self.imported(_PREPARE)
        self.assertTrue(os.listdir(os.path.join(self.folder, '__pycache__')))


if __name__ == '__main__':
    unittest.main()
