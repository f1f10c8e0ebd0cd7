"""Which calling convention an app has."""

from __future__ import annotations

import functools
import inspect
from contextlib import suppress
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
    if isinstance(app, type):
        if _is_awaitable(app):
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
    parameters = _parameters(app)
    return parameters is not None and len(parameters) == 0


# An app may answer a question about itself with any exception: a `__getattr__` of its own, or a `__wrapped__` that leads back.


def _is_awaitable(cls: type) -> bool:
    with suppress(Exception):
        return hasattr(cls, '__await__')
    return False


def _is_coroutine_function(value: Any) -> bool:
    with suppress(Exception):
        if inspect.iscoroutinefunction(value):
            return True
    with suppress(Exception):
        return inspect.iscoroutinefunction(inspect.unwrap(value))
    return False


def _positional(app: Callable[..., Any]) -> Optional[List[inspect.Parameter]]:
    """The parameters that are not given by name; None where they cannot be seen."""
    parameters = _parameters(app)
    return parameters and [each for each in parameters if each.kind <= inspect.Parameter.VAR_POSITIONAL]


def _parameters(app: Callable[..., Any]) -> Optional[List[inspect.Parameter]]:
    with suppress(Exception):
        return list(inspect.signature(app).parameters.values())
    with suppress(Exception):
        return list(inspect.signature(app, follow_wrapped=False).parameters.values())
    with suppress(Exception):
        call = getattr(app, '__init__') if isinstance(app, type) else type(app).__call__
        if inspect.isfunction(call):
            return list(inspect.signature(call).parameters.values())[1:]
    return None


def _listed(parameters: Optional[List[inspect.Parameter]]) -> str:
    if parameters is None:
        return 'arguments that cannot be seen'
    names = ('*' * (each.kind is each.VAR_POSITIONAL) + each.name for each in parameters)
    return f'({", ".join(names)})'
