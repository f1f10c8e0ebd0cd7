"""What `galley inspect` is told: the `loaded` event with an `inspection`."""

from __future__ import annotations

import functools
import sys
import unittest
from types import ModuleType
from typing import Any, Dict
from unittest import mock

from galley_worker import frameworks

from .test_zygote import WSGI, Zygote

_LIFESPAN = """
    async def app(scope, receive, send):
        assert scope['type'] == 'lifespan'
        await receive()
        print('STARTED', flush=True)
        await send({'type': 'lifespan.startup.complete'})
        await receive()
        print('STOPPED', flush=True)
        await send({'type': 'lifespan.shutdown.complete'})
"""


class InspectTest(unittest.TestCase):
    def loaded(self, text: str, **changes: Any) -> Dict[str, Any]:
        with Zygote({'main.py': text}, inspect=True, **changes) as zygote:
            loaded = zygote.event()
            self.assertEqual(zygote.process.wait(), 0)
        self.output = zygote.output
        return loaded

    def lifespan(self, text: str, mode: str) -> Dict[str, str]:
        return dict(self.loaded(text, lifespan=mode)['inspection']['lifespan'])

    def test_the_interface_has_its_reason(self) -> None:
        loaded = self.loaded(WSGI)
        self.assertEqual((loaded['interface'], loaded['reason']), ('wsgi', 'takes (environ, start_response)'))
        self.assertIsNone(loaded['inspection']['lifespan'])

    def test_memory_grows_by_what_the_import_keeps(self) -> None:
        memory = self.loaded('kept = b"x" * 50_000_000' + WSGI.replace('\n    ', '\n'))['inspection']['memory']
        self.assertGreater(memory['after'] - memory['before'], 40_000_000)

    def test_threads_and_sockets_and_files_that_the_import_left_open_are_named(self) -> None:
        opened = (
            'import socket, threading\n'
            'threading.Thread(target=threading.Event().wait, name="poller").start()\n'
            'listener = socket.socket()\nlistener.bind(("127.0.0.1", 0))\nfile = open(__file__)\n'
        )
        loaded = self.loaded(opened + WSGI.replace('\n    ', '\n'))
        self.assertFalse(loaded['preloaded'])
        self.assertEqual([each.split(':')[0] for each in loaded['found']], ['thread poller', 'socket 127.0.0.1'])
        self.assertEqual([path.rpartition('/')[2] for path in loaded['inspection']['files']], ['main.py'])

    def test_whether_it_has_a_lifespan_is_found_without_running_its_startup(self) -> None:
        self.assertEqual(self.lifespan(_LIFESPAN, 'auto'), {'state': 'supported', 'text': ''})
        self.assertNotIn('STARTED', self.output[0])
        for refusal in ('raise ValueError', 'raise SystemExit', 'return'):
            text = f'async def app(scope, receive, send): {refusal}'
            self.assertEqual(self.lifespan(text, 'auto'), {'state': 'unsupported', 'text': ''})

    def test_an_app_that_neither_asks_nor_ends_is_left_after_a_while(self) -> None:
        blocks = """
            import time
            async def app(scope, receive, send): time.sleep(600)
        """
        self.assertEqual(self.lifespan(blocks, 'auto'), {'state': 'unknown', 'text': ''})

    def test_an_app_that_does_not_let_itself_be_cancelled_is_not_waited_for(self) -> None:
        swallows = """
            async def app(scope, receive, send):
                while True:
                    try:
                        await receive()
                    except BaseException:
                        pass
        """
        self.assertEqual(self.lifespan(swallows, 'auto')['state'], 'supported')

    def test_its_startup_and_shutdown_are_run_on_request(self) -> None:
        self.assertEqual(self.lifespan(_LIFESPAN, 'on'), {'state': 'complete', 'text': ''})
        self.assertEqual(self.output[0], 'STARTED\nSTOPPED\n')

    def test_a_startup_that_fails_is_told_with_why(self) -> None:
        text = """
            async def app(scope, receive, send):
                await receive()
                await send({'type': 'lifespan.startup.failed', 'message': 'no database'})
        """
        self.assertEqual(self.lifespan(text, 'on'), {'state': 'failed', 'text': 'no database'})

    def test_an_app_of_asgi_2_has_a_lifespan_too(self) -> None:
        text = """
            def app(scope):
                async def run(receive, send):
                    await receive()
                return run
        """
        self.assertEqual(self.lifespan(text, 'auto')['state'], 'supported')

    def test_with_lifespan_off_the_app_is_not_asked(self) -> None:
        self.assertEqual(self.lifespan('async def app(scope, receive, send): print("CALLED")', 'off')['state'], 'off')
        self.assertEqual(self.output[0], '')

    def test_a_free_threaded_python_is_told_and_whether_it_has_the_lock(self) -> None:
        for flags, enabled, gil in (('""', True, 'always'), ('"t"', True, 'on'), ('"t"', False, 'off')):
            fake = f'import sys\nsys.abiflags = {flags}\nsys._is_gil_enabled = lambda: {enabled}\n'
            self.assertEqual(self.loaded(fake + WSGI.replace('\n    ', '\n'))['gil'], gil)


class FrameworksTest(unittest.TestCase):
    def setUp(self) -> None:
        module = ModuleType('flask')
        patch = mock.patch.dict(sys.modules, {'flask': module})
        patch.start()
        self.addCleanup(patch.stop)
        self.framework: Any = type('Flask', (), {'__module__': 'flask.app', '__call__': lambda self: None})
        self.found = {'name': 'Flask', 'version': frameworks.version_of('flask')}

    def test_it_is_that_of_the_apps_class_or_of_one_it_extends(self) -> None:
        extended = type('Shop', (self.framework,), {'__module__': 'shop'})
        for app in (self.framework(), extended(), extended().__call__):
            self.assertEqual(frameworks.framework_of(app), self.found)

    def test_it_is_found_behind_middleware_and_decorators(self) -> None:
        middleware = type('Middleware', (), {'__module__': 'shop', '__call__': lambda self: None})()
        middleware.app = self.framework()

        @functools.wraps(middleware)
        def decorated() -> None: ...

        for app in (middleware, decorated, functools.partial(middleware)):
            self.assertEqual(frameworks.framework_of(app), self.found)

    def test_an_app_without_a_framework_has_none_and_what_is_imported_is_listed(self) -> None:
        self.assertIsNone(frameworks.framework_of(lambda environ, start_response: []))
        self.assertIn(self.found, frameworks.frameworks_imported())

    def test_an_app_that_answers_no_question_about_itself_has_the_framework_of_its_class(self) -> None:
        def refuse(_self: object, name: str) -> None:
            raise RuntimeError(name)

        odd = {'__module__': None, '__getattr__': refuse}
        self.assertEqual(frameworks.framework_of(type('Odd', (self.framework,), odd)()), self.found)
        self.assertIsNone(frameworks.framework_of(type('Odd', (), odd)()))

    def test_an_app_that_wraps_itself_has_an_end(self) -> None:
        middleware = type('Middleware', (), {'__module__': 'shop', '__call__': lambda self: None})()
        middleware.app = middleware.__call__
        self.assertIsNone(frameworks.framework_of(middleware))


if __name__ == '__main__':
    unittest.main()
