"""
What an app has to do around the fork of its workers (docs/worker-hooks.md):

    from galley_worker import hooks

    @hooks.after_fork
    def connect() -> None: ...
"""

from __future__ import annotations

import sys
from typing import Callable, List, TypeVar

from .cannot_start import CannotStart
from .tracebacks import format_exception

_Hook = TypeVar('_Hook', bound=Callable[[], object])

_before_fork: List[Callable[[], object]] = []
_after_fork: List[Callable[[], object]] = []
_worker_exit: List[Callable[[], object]] = []


def before_fork(hook: _Hook) -> _Hook:
    """`hook` runs before each fork in the process that forks the workers, where the app was imported there."""
    _before_fork.append(hook)
    return hook


def after_fork(hook: _Hook) -> _Hook:
    """`hook` runs in each worker before it serves. The worker does not start where it raises."""
    _after_fork.append(hook)
    return hook


def worker_exit(hook: _Hook) -> _Hook:
    """`hook` runs in each worker when its requests and lifespan shutdown are over; the last registered runs first."""
    _worker_exit.append(hook)
    return hook


def has_before_fork() -> bool:
    """Whether `run_before_fork` would run anything."""
    return bool(_before_fork)


def run_before_fork() -> bool:
    """Whether all hooks returned. Writes the traceback of one that raises to standard error, and runs no more of them."""
    try:
        for hook in _before_fork:
            hook()
    except BaseException as error:
        _report('before_fork', error)
        return False
    return True


def run_after_fork() -> None:
    """Raises CannotStart where a hook raises."""
    try:
        for hook in _after_fork:
            hook()
    except BaseException as error:
        raise CannotStart(f'An after_fork hook raised {type(error).__name__}\n{format_exception(error)}') from None


def run_worker_exit() -> None:
    """Runs all hooks, whatever one of them does."""
    for hook in reversed(_worker_exit):
        try:
            hook()
        except BaseException as error:
            _report('worker_exit', error)


def _report(name: str, error: BaseException) -> None:
    print(f'galley: a {name} hook failed\n{format_exception(error)}', file=sys.stderr, flush=True)
