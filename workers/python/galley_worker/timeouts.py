"""Ends what an app does for a request that has taken too long (frame.md, CANCEL with reason 2)."""

from __future__ import annotations

import sys
from _thread import allocate_lock, get_ident
from types import FrameType
from typing import Optional

# Imported by `prctl` before the app's folder is on the path.
try:
    import ctypes

    _set_async_exc = ctypes.pythonapi.PyThreadState_SetAsyncExc
except (ImportError, AttributeError):  # built without ctypes, or not CPython
    _set_async_exc = None  # type: ignore[assignment]

TIMED_OUT = 'The request was cancelled after its timeout'
"""The line before the traceback in an ABORT."""

# What `_thread` holds instead of a thread.
_OVER = 0

_LOCKING = frozenset((
    '_frozen_importlib', '_weakrefset', 'concurrent', 'contextlib', 'importlib', 'logging', 'multiprocessing', 'queue', 'subprocess',
    'tempfile', 'threading', 'weakref',
))  # fmt: skip
"""Parts of Python that take locks. An exception that comes when one is just taken, ahead of the `try`, leaves it taken for ever."""
_INNERMOST = 3


class RequestTimeout(BaseException):
    """Raised in a thread of a WSGI app, wherever it is, when its request has taken too long. No Exception: most code goes on after one."""


class Interruption:
    """
    Raises RequestTimeout in the thread that runs the app for one request, and in no other request of that thread. It is made by
    that thread, and from then on until `end` an exception may come at any point, but within `shield` behind `check` and between
    `hold_off` and `let_on`.
    """

    __slots__ = ('shield', 'is_raised', '_thread', '_held_off')

    def __init__(self) -> None:
        self.shield = allocate_lock()
        """Held by the thread while it does what must not be left half done."""
        self.is_raised = False
        self._thread = get_ident()
        self._held_off = 0

    def interrupt(self) -> bool:
        """In another thread: raises RequestTimeout there. False where it cannot be now, or would do harm; it is to be tried again."""
        if not self.shield.acquire(False):
            return False
        try:
            if self._held_off:
                return False
            if self._thread != _OVER and not self.is_raised and _set_async_exc:
                if _is_locking(sys._current_frames().get(self._thread)):
                    return False
                self.is_raised = True
                _set_async_exc(ctypes.c_ulong(self._thread), ctypes.py_object(RequestTimeout))
        finally:
            self.shield.release()
        return True

    def check(self) -> None:
        """Within `shield`. Raises RequestTimeout if it was raised already, and maybe has not arrived yet."""
        if self.is_raised and get_ident() == self._thread:  # the app may have other threads that read and write
            self._clear()
            raise RequestTimeout

    def hold_off(self) -> None:
        """Nothing comes until `let_on`, for what takes too long to hold `shield`. Raises RequestTimeout as `check` does."""
        with self.shield:
            self.check()
            self._held_off += 1

    def let_on(self) -> None:
        with self.shield:
            self._held_off -= 1

    def stop(self) -> None:
        """Within `shield`, behind `check`: nothing comes any more."""
        self._thread = _OVER

    def end(self) -> None:
        """The request is over. May raise RequestTimeout; nothing comes when it has returned or is called once more."""
        with self.shield:
            if self.is_raised:
                self._clear()
            self._thread = _OVER

    def _clear(self) -> None:
        """In the thread of the request: what has not arrived does not arrive any more."""
        if _set_async_exc:
            _set_async_exc(ctypes.c_ulong(get_ident()), None)


def _is_locking(frame: Optional[FrameType]) -> bool:
    for _ in range(_INNERMOST):
        if frame is None:
            break
        if str(frame.f_globals.get('__name__')).partition('.')[0] in _LOCKING:
            return True
        frame = frame.f_back
    return False
