"""Where the threads of a worker are, for the one who wonders why it is stuck (control.md)."""

from __future__ import annotations

import asyncio
import faulthandler
import os
import signal
import sys
import threading
from types import FrameType
from typing import Any, List, Optional

from .descriptors import moved_out_of_the_way

CAN_DUMP = hasattr(faulthandler, 'register') and hasattr(signal, 'SIGRTMIN')
"""Whether DUMP_SIGNAL is handled."""
DUMP_SIGNAL = signal.SIGRTMIN + 8 if CAN_DUMP else 0

_STDERR = 2
_MAX_FRAMES = 500
_MAX_TASKS = 50

_loop: Optional[asyncio.AbstractEventLoop] = None


def show_tasks_of(loop: asyncio.AbstractEventLoop) -> None:
    """The stacks of this loop's tasks are written as well. It runs in the main thread."""
    global _loop
    _loop = loop


class StackWriter:
    """
    Appends the stacks of all threads to the file `stacks-<worker>` in `folder` when a byte comes. It needs Python's lock, under which
    frames stand still. DUMP_SIGNAL does the same from a handler in C, which must only run while something in C holds that lock: else
    it reads frames that change, and the process may crash.
    """

    def __init__(self, requests: int, worker: int, folder: str) -> None:
        """`requests`: the descriptor that bytes come from; it must not block."""
        self._requests = requests
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        try:
            self._file = moved_out_of_the_way(os.open(os.path.join(folder, f'stacks-{worker}'), flags, 0o600))
        except OSError:
            self._file = _STDERR  # without a handler the signal would end the worker
        if CAN_DUMP:
            faulthandler.register(DUMP_SIGNAL, self._file, all_threads=True)

    def fileno(self) -> int:
        return self._requests

    def answer(self) -> None:
        """Writes the stacks where a byte is there: the zygote may have taken it back. Raises nothing."""
        try:
            os.read(self._requests, 64)
            os.write(self._file, _stacks().encode('utf-8', 'backslashreplace'))
        except Exception:
            pass  # its thread has more important things to do


def _stacks() -> str:
    """In the format of faulthandler, but for the main thread, which is always the last and "current" one. The caller's is left out."""
    # Not threading.enumerate(), which would wait for a lock that an app may hold for ever.
    names = {ident: thread.name for ident, thread in list(threading._active.items())}  # type: ignore[attr-defined]
    main = threading.main_thread().ident
    own = threading.get_ident()
    last = ''
    sections = []
    for ident, frame in sys._current_frames().items():
        if ident == own:
            continue
        name = f' [{names[ident]}]' if ident in names else ''
        text = _section(f'hread 0x{ident:016x}{name}', _called(frame))
        if ident == main:
            last = f'Current t{text}'
        else:
            sections.append(f'T{text}')
    return '\n'.join([*sections, *_tasks(), last])


def _tasks() -> List[str]:
    if _loop is None:
        return []
    try:
        tasks = list(asyncio.all_tasks(_loop))[:_MAX_TASKS]
        return [_section(f'Task {task.get_name()}', frames) for task in tasks if (frames := _awaited(task.get_coro()))]
    except Exception:  # the loop goes on meanwhile
        return []


def _section(heading: str, frames: List[str]) -> str:
    return '\n'.join([f'{heading} (most recent call first):', *frames, ''])


def _called(frame: Optional[FrameType]) -> List[str]:
    lines: List[str] = []
    while frame is not None:
        if len(lines) == _MAX_FRAMES:
            return [*lines, '  ...']
        lines.append(_line(frame))
        frame = frame.f_back
    return lines


def _awaited(coroutine: Any) -> List[str]:
    """Where a task waits; empty for the one that runs, whose frames are those of the main thread."""
    lines: List[str] = []
    while coroutine is not None and len(lines) < _MAX_FRAMES:
        if getattr(coroutine, 'cr_running', False):
            return []
        frame = getattr(coroutine, 'cr_frame', None) or getattr(coroutine, 'gi_frame', None)
        if frame is None:
            break
        lines.append(_line(frame))
        coroutine = getattr(coroutine, 'cr_await', None) or getattr(coroutine, 'gi_yieldfrom', None)
    return lines[::-1]


def _line(frame: FrameType) -> str:
    return f'  File "{frame.f_code.co_filename}", line {frame.f_lineno} in {frame.f_code.co_name}'
