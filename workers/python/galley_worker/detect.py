"""Which calling convention an app has."""

from __future__ import annotations

import functools
import inspect
from typing import Any, Callable


def detect_interface(app: Callable[..., Any]) -> str:
    """
    `asgi3`, `asgi2` or `wsgi`. An ASGI 3 app is a coroutine function or takes three arguments, an ASGI 2 app is called with
    the scope alone and returns what is called next, anything else is WSGI.
    """
    if inspect.isclass(app):
        if hasattr(app, '__await__'):
            return 'asgi3'
        return 'asgi2' if _required(app) == 1 else 'wsgi'
    inner: Any = app
    while isinstance(inner, functools.partial):
        inner = inner.func
    if _is_coroutine_function(inner) or _is_coroutine_function(type(inner).__call__):
        return 'asgi3'
    return {1: 'asgi2', 3: 'asgi3'}.get(_required(app), 'wsgi')


def takes_nothing(app: Callable[..., Any]) -> bool:
    """Whether `app` is called without arguments, as a factory is and no app."""
    try:
        return len(inspect.signature(app).parameters) == 0
    except (TypeError, ValueError):
        return False


def _is_coroutine_function(value: Any) -> bool:
    return inspect.iscoroutinefunction(value) or inspect.iscoroutinefunction(inspect.unwrap(value))


def _required(app: Callable[..., Any]) -> int:
    """How many positional arguments a call must give; 0 where that cannot be seen."""
    try:
        parameters = inspect.signature(app).parameters.values()
    except (TypeError, ValueError):
        return 0
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(each.kind in positional and each.default is inspect.Parameter.empty for each in parameters)
