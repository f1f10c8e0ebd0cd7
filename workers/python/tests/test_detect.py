"""Telling ASGI 3, ASGI 2 and WSGI apps apart."""

from __future__ import annotations

import functools
import unittest
from typing import Any

from galley_worker.detect import detect_interface, takes_nothing


async def asgi3(scope: Any, receive: Any, send: Any) -> None: ...


def wsgi(environ: Any, start_response: Any) -> Any: ...


def asgi2(scope: Any) -> Any: ...


class Asgi3:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


class Asgi3Awaitable:
    def __init__(self, scope: Any, receive: Any, send: Any) -> None: ...

    def __await__(self) -> Any: ...


class Asgi2:
    def __init__(self, scope: Any) -> None: ...

    async def __call__(self, receive: Any, send: Any) -> None: ...


class WsgiInstance:
    def __call__(self, environ: Any, start_response: Any) -> Any: ...


class WsgiClass:
    def __init__(self, environ: Any, start_response: Any) -> None: ...

    def __iter__(self) -> Any: ...


@functools.wraps(asgi3)
def wrapped(*arguments: Any) -> Any:
    return asgi3(*arguments)


def plain(scope: Any, receive: Any, send: Any) -> Any:
    return asgi3(scope, receive, send)


def with_options(option: Any, environ: Any, start_response: Any) -> Any: ...


async def asgi_with_options(option: Any, scope: Any, receive: Any, send: Any) -> None: ...


class Silent:
    """Answers questions about itself with an exception, as a proxy outside of its context does."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


class SilentAsgi3(Silent):
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


class SilentAsgi2(Silent):
    def __call__(self, scope: Any) -> Any: ...


class SilentWsgi(Silent):
    def __call__(self, environ: Any, start_response: Any) -> Any: ...


class SilentFactory(Silent):
    def __call__(self) -> Any: ...


class SilentMeta(type):
    def __getattr__(cls, name: str) -> Any:
        raise RuntimeError(name)


class SilentClass(metaclass=SilentMeta):
    def __init__(self, scope: Any) -> None: ...


async def wraps_itself(scope: Any, receive: Any, send: Any) -> None: ...


def wsgi_wraps_itself(environ: Any, start_response: Any) -> Any: ...


wraps_itself.__wrapped__ = wraps_itself  # type: ignore[attr-defined]
wsgi_wraps_itself.__wrapped__ = wsgi_wraps_itself  # type: ignore[attr-defined]


class DetectTest(unittest.TestCase):
    def test_asgi3(self) -> None:
        partial = functools.partial(asgi_with_options, 1)
        for app in (asgi3, Asgi3(), Asgi3().__call__, Asgi3Awaitable, wrapped, plain, partial, functools.partial(Asgi3())):
            self.assertEqual(detect_interface(app).interface, 'asgi3', app)

    def test_asgi2(self) -> None:
        for app in (asgi2, Asgi2, functools.partial(asgi2)):
            self.assertEqual(detect_interface(app).interface, 'asgi2', app)

    def test_wsgi(self) -> None:
        for app in (wsgi, WsgiInstance(), WsgiClass, functools.partial(with_options, 1), lambda *arguments: None, print):
            self.assertEqual(detect_interface(app).interface, 'wsgi', app)

    def test_the_reason_is_what_can_be_seen_of_the_app(self) -> None:
        for app, reason in (
            (asgi3, 'a coroutine function'),
            (Asgi3(), 'its __call__ is a coroutine function'),
            (Asgi3Awaitable, 'a class with __await__'),
            (plain, 'takes (scope, receive, send)'),
            (asgi2, 'takes (scope)'),
            (Asgi2, 'a class that is made with (scope)'),
            (wsgi, 'takes (environ, start_response)'),
            (lambda *arguments: None, 'takes (*arguments)'),
            (dict, 'a class that is made with arguments that cannot be seen'),
        ):
            self.assertEqual(detect_interface(app).reason, reason)

    def test_a_callable_without_arguments_is_no_app(self) -> None:
        self.assertTrue(takes_nothing(lambda: wsgi))
        self.assertFalse(takes_nothing(wsgi))
        self.assertFalse(takes_nothing(WsgiInstance()))

    def test_an_app_that_answers_no_question_about_itself_is_known_by_its_class(self) -> None:
        for app, interface in ((SilentAsgi3(), 'asgi3'), (SilentAsgi2(), 'asgi2'), (SilentWsgi(), 'wsgi'), (SilentClass, 'asgi2')):
            self.assertEqual(detect_interface(app).interface, interface, type(app))
            self.assertFalse(takes_nothing(app))
        self.assertTrue(takes_nothing(SilentFactory()))

    def test_an_app_that_wraps_itself_is_known_by_what_it_takes(self) -> None:
        self.assertEqual(detect_interface(wraps_itself).interface, 'asgi3')
        self.assertEqual(detect_interface(wsgi_wraps_itself).interface, 'wsgi')
        self.assertFalse(takes_nothing(wsgi_wraps_itself))


if __name__ == '__main__':
    unittest.main()
