"""The zygote's way to the stacks of a worker (stacks.py writes them)."""

from __future__ import annotations

import os
from contextlib import suppress
from time import monotonic
from typing import Dict, Tuple

from .stacks import CAN_DUMP, DUMP_SIGNAL

_PATIENCE = 0.5
"""How long a worker may take to get Python's lock before the signal is thought of, in seconds."""
_GIVEN_UP = 1.0
"""When the supervisor no longer reads, in seconds."""
_LEAST_TICKS = os.sysconf('SC_CLK_TCK') // 10


class StackRequest:
    """
    A pipe to one worker. A byte asks its thread for the stacks. Where that does not come to Python's lock, and the process looks like
    one whose lock is held in C, the byte is taken back and DUMP_SIGNAL sent.
    """

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()
        os.set_blocking(self.reader, False)
        self._asked_at = 0.0
        self._before: Dict[str, Tuple[str, int]] = {}
        self.is_open = False
        """Whether `look` is to be called, ten times a second."""

    def ask(self, pid: int) -> None:
        """Asks the worker with this process id, again where it was asked before."""
        if not self._take_back():
            self._asked_at = monotonic()
            self._before = _threads(pid)
        os.write(self._writer, b'.')
        self.is_open = True

    def look(self, pid: int) -> None:
        """Sees whether the worker has taken the byte."""
        age = monotonic() - self._asked_at
        if age < _PATIENCE:
            return
        self.is_open = False
        if not self._take_back():
            return
        if CAN_DUMP and is_held_in_c(self._before, _threads(pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, DUMP_SIGNAL)
        elif age < _GIVEN_UP:
            os.write(self._writer, b'.')
            self.is_open = True

    def close_writer(self) -> None:
        """In the worker."""
        os.close(self._writer)

    def close(self) -> None:
        os.close(self.reader)
        os.close(self._writer)

    def _take_back(self) -> bool:
        with suppress(BlockingIOError):
            return bool(os.read(self.reader, 64))
        return False


def is_held_in_c(before: Dict[str, Tuple[str, int]], after: Dict[str, Tuple[str, int]]) -> bool:
    """
    Whether one thread works and no other comes to it, or all sleep. Else the process is short of time or stopped, and its Python
    goes on at any moment.
    """
    used = [ticks - before.get(thread, ('', 0))[1] for thread, (_, ticks) in after.items()]
    if not any(used):
        return bool(used) and all(state in 'SD' for state, _ in after.values())
    return max(used) >= _LEAST_TICKS and max(used) >= 0.9 * sum(used)


def _threads(pid: int) -> Dict[str, Tuple[str, int]]:
    """State and processor time, in ticks, of each thread (proc_pid_stat(5)); empty where there is no /proc."""
    found = {}
    with suppress(OSError):
        for thread in os.listdir(f'/proc/{pid}/task'):
            with suppress(OSError), open(f'/proc/{pid}/task/{thread}/stat', 'rb') as file:
                fields = file.read().rpartition(b')')[2].split()
                found[thread] = (fields[0].decode(), int(fields[11]) + int(fields[12]))
    return found
