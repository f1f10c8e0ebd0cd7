"""Calls in threads that go on when the task that waits for them has been cancelled."""

from __future__ import annotations

import asyncio
import sys
from typing import Any, List, Sequence

_RUNNERS = frozenset(('anyio._backends._asyncio', 'concurrent.futures.thread'))
"""Modules with a method `run` that runs such a call, and knows its future as `future` or `self.future`."""
_MAX_FUTURES = 100


def awaited_by(task: asyncio.Task[Any]) -> List[object]:
    """The futures that a task waits for, directly or through other tasks, and what is behind them in a pool of threads."""
    found: List[object] = []
    left: List[Any] = [task]
    while left and len(found) < _MAX_FUTURES:
        future = left.pop()
        found.append(future)
        left += getattr(future, '_children', ())  # of asyncio.gather
        waited = getattr(future, '_fut_waiter', None)
        if waited is not None:
            left.append(waited)
        # A future of an executor's call is known to the callback that would cancel that call, and to nothing else.
        for callback, _ in getattr(future, '_callbacks', None) or ():
            found += [cell.cell_contents for cell in getattr(callback, '__closure__', None) or ()]
    return found


def is_run_in_thread(futures: Sequence[object]) -> bool:
    """Whether a thread is in a call for one of these futures."""
    for frame in sys._current_frames().values():
        caller = frame
        called = ''
        while caller is not None:
            module = str(caller.f_globals.get('__name__'))
            if module in _RUNNERS and caller.f_code.co_name == 'run' and called != 'queue':  # else it waits for its next call
                names = caller.f_locals
                future = names.get('future') or getattr(names.get('self'), 'future', None)
                if any(future is each for each in futures):
                    return True
            called = module
            caller = caller.f_back  # type: ignore[assignment]
    return False
