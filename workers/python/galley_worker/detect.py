"""Which calling convention an app has."""

from __future__ import annotations

import functools
import inspect
from typing import Any, Callable, List, NamedTuple, Optional


class Detected(NamedTuple):
    """How an app is called."""

    interface: str
    """`asgi3`, `asgi2` or `wsgi`."""
    reason: str
    """What shows it, in words about the app."""


def detect_interface(app: Callable[..., Any]) -> Detected:
    """
    An ASGI 3 app is a coroutine function or takes three arguments, an ASGI 2 app is called with the scope alone and returns what
    is called next, anything else is WSGI.
    """
    positional = _positional(app)
    required = sum(each.kind is not each.VAR_POSITIONAL and each.default is each.empty for each in positional or ())
    if inspect.isclass(app):
        if hasattr(app, '__await__'):
            return Detected('asgi3', 'a class with __await__')
        return Detected('asgi2' if required == 1 else 'wsgi', f'a class that is made with {_listed(positional)}')
    inner: Any = app
    while isinstance(inner, functools.partial):
        inner = inner.func
    if _is_coroutine_function(inner):
        return Detected('asgi3', 'a coroutine function')
    if _is_coroutine_function(type(inner).__call__):
        return Detected('asgi3', 'its __call__ is a coroutine function')
    return Detected({1: 'asgi2', 3: 'asgi3'}.get(required, 'wsgi'), f'takes {_listed(positional)}')


def takes_nothing(app: Callable[..., Any]) -> bool:
    """Whether `app` is called without arguments, as a factory is and no app."""
    try:
        return len(inspect.signature(app).parameters) == 0
    except (TypeError, ValueError):
        return False


def _is_coroutine_function(value: Any) -> bool:
    return inspect.iscoroutinefunction(value) or inspect.iscoroutinefunction(inspect.unwrap(value))


def _positional(app: Callable[..., Any]) -> Optional[List[inspect.Parameter]]:
    """The parameters that are not given by name; None where they cannot be seen."""
    try:
        parameters = inspect.signature(app).parameters.values()
    except (TypeError, ValueError):
        return None
    return [each for each in parameters if each.kind <= inspect.Parameter.VAR_POSITIONAL]


def _listed(parameters: Optional[List[inspect.Parameter]]) -> str:
    if parameters is None:
        return 'arguments that cannot be seen'
    names = ('*' * (each.kind is each.VAR_POSITIONAL) + each.name for each in parameters)
    return f'({", ".join(names)})'
