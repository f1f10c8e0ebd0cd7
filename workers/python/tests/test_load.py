"""Importing an app, and saying why it cannot be imported."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import tempfile
import textwrap
import unittest
from typing import Any, Dict, Tuple

from galley_worker.detect import Detected
from galley_worker.load import LoadFailure, load_app

from .fake_front import settings


class LoadTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = os.path.realpath(tempfile.mkdtemp())
        self.modules = set(sys.modules)
        path, folder, writes = list(sys.path), os.getcwd(), sys.dont_write_bytecode
        sys.dont_write_bytecode = True

        def restore() -> None:
            sys.path[:] = path
            os.chdir(folder)
            sys.dont_write_bytecode = writes
            self.forget_modules()
            shutil.rmtree(self.folder)

        self.addCleanup(restore)

    def forget_modules(self) -> None:
        for name in set(sys.modules) - self.modules:
            del sys.modules[name]
        importlib.invalidate_caches()

    def load(self, files: Dict[str, str], app: str = 'main:app', **changes: Any) -> Tuple[Any, Detected]:
        self.forget_modules()
        for name, text in files.items():
            path = os.path.join(self.folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w', encoding='utf-8') as file:
                file.write(textwrap.dedent(text))
        return load_app(settings(**{'app': app, 'directory': self.folder, 'interface': 'auto', **changes}))

    def failure(self, files: Dict[str, str], app: str = 'main:app', **changes: Any) -> LoadFailure:
        with self.assertRaises(LoadFailure) as caught:
            self.load(files, app, **changes)
        return caught.exception

    def test_the_apps_folder_comes_first_and_is_the_working_folder(self) -> None:
        app, detected = self.load({'main.py': 'async def app(scope, receive, send): pass'})
        self.assertEqual((app.__name__, detected), ('app', Detected('asgi3', 'a coroutine function')))
        self.assertEqual((sys.path[0], os.getcwd()), (self.folder, self.folder))

    def test_attributes_may_have_dots_and_modules_too(self) -> None:
        text = 'class site:\n    @staticmethod\n    def wsgi(environ, start_response): pass'
        self.assertEqual(self.load({'pkg/__init__.py': '', 'pkg/web.py': text}, 'pkg.web:site.wsgi')[1].interface, 'wsgi')

    def test_without_an_attribute_app_then_application_is_taken(self) -> None:
        text = 'def application(environ, start_response): pass'
        self.assertEqual(self.load({'main.py': text}, 'main')[0].__name__, 'application')

    def test_a_factory_is_called(self) -> None:
        text = 'async def app(scope, receive, send): pass\ndef make(): return app'
        self.assertEqual(self.load({'main.py': text}, 'main:make', factory=True)[0].__name__, 'app')

    def test_an_interface_that_is_given_is_not_guessed(self) -> None:
        text = 'def app(*anything): pass'
        self.assertEqual(self.load({'main.py': text}, interface='asgi3')[1], Detected('asgi3', 'as --interface says'))

    def test_a_missing_module_is_named_with_where_it_was_looked_for(self) -> None:
        failure = self.failure({}, 'mian:app')
        self.assertEqual((failure.kind, failure.traceback), ('module-not-found', ''))
        self.assertIn('"mian"', failure.message)
        self.assertIn(self.folder, failure.message)

    def test_a_missing_module_of_a_package_is_named(self) -> None:
        failure = self.failure({'pkg/__init__.py': ''}, 'pkg.web:app')
        self.assertEqual(failure.kind, 'module-not-found')
        self.assertIn('"pkg.web"', failure.message)

    def test_a_file_name_instead_of_a_module_is_explained(self) -> None:
        failure = self.failure({'main.py': 'app = 1'}, 'main.py:app')
        self.assertEqual(failure.kind, 'module-not-found')
        self.assertIn('without .py', failure.message)
        self.assertEqual(self.failure({}, './main:app').kind, 'module-not-found')

    def test_a_missing_dependency_is_an_import_error_with_the_apps_frames(self) -> None:
        failure = self.failure({'main.py': 'import helper', 'helper.py': 'import no_such_module_here'})
        self.assertEqual(failure.kind, 'import-error')
        self.assertIn('no_such_module_here', failure.message)
        self.assertIn('helper.py', failure.traceback)
        self.assertNotIn('galley_worker', failure.traceback)
        self.assertNotIn('importlib', failure.traceback)

    def test_a_syntax_error_names_file_and_line(self) -> None:
        failure = self.failure({'main.py': 'x = 1\ndef app(:\n'})
        self.assertEqual(failure.kind, 'syntax-error')
        self.assertIn('main.py, line 2', failure.message)
        self.assertIn('def app(:', failure.traceback)

    def test_an_import_that_raises_or_exits_is_an_import_error(self) -> None:
        for statement in ('raise LookupError("no database")', 'import sys; sys.exit(0)', 'raise KeyboardInterrupt'):
            failure = self.failure({'main.py': statement})
            self.assertEqual(failure.kind, 'import-error')
            self.assertIn('main.py', failure.traceback)

    def test_a_chained_exception_shows_both_without_our_frames(self) -> None:
        text = 'try:\n    import no_such_module_here\nexcept ImportError as e:\n    raise LookupError("needs it") from e'
        failure = self.failure({'main.py': text})
        self.assertIn('no_such_module_here', failure.traceback)
        self.assertIn('needs it', failure.traceback)
        self.assertNotIn('importlib', failure.traceback)

    def test_a_missing_attribute_suggests_one_that_is_like_it(self) -> None:
        failure = self.failure({'main.py': 'application = print'}, 'main:aplication')
        self.assertEqual(failure.kind, 'attribute-not-found')
        self.assertIn('did you mean "application"', failure.message)
        self.assertEqual(self.failure({'main.py': ''}, 'main').kind, 'attribute-not-found')

    def test_an_attribute_that_raises_is_an_import_error_with_the_apps_frames(self) -> None:
        text = 'def __getattr__(name):\n    raise RuntimeError(name)\n'
        for target in ('main:app', 'main'):
            failure = self.failure({'main.py': text}, target)
            self.assertEqual(failure.kind, 'import-error')
            self.assertIn('it raised RuntimeError', failure.message)
            self.assertIn('in __getattr__', failure.traceback)

    def test_an_app_that_does_not_list_its_members_gets_no_hint(self) -> None:
        text = 'class Shop:\n    def __dir__(self): raise RuntimeError("no")\nshop = Shop()\n'
        failure = self.failure({'main.py': text}, 'main:shop.app')
        self.assertIn('check the name after the colon', failure.message)

    def test_what_cannot_be_an_app_is_refused(self) -> None:
        for text in ('app = 5', 'import os as app', 'def app(): pass'):
            with self.subTest(text):
                self.assertEqual(self.failure({'main.py': text}).kind, 'not-an-app')

    def test_a_factory_that_raises_is_said_with_its_traceback(self) -> None:
        failure = self.failure({'main.py': 'def make():\n    raise LookupError("x")'}, 'main:make', factory=True)
        self.assertEqual(failure.kind, 'factory-failed')
        self.assertIn('in make', failure.traceback)

    def test_a_factory_without_an_app_is_refused(self) -> None:
        self.assertEqual(self.failure({'main.py': 'def make(): pass'}, 'main:make', factory=True).kind, 'not-an-app')

    def test_a_folder_that_cannot_be_entered_is_said(self) -> None:
        failure = self.failure({}, directory='/no/such/folder')
        self.assertEqual(failure.kind, 'bad-directory')
        self.assertIn('/no/such/folder', failure.message)


if __name__ == '__main__':
    unittest.main()
