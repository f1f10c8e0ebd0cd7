"""Processes that outlived the worker which started them."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import Container, Iterator, Set

from .prctl import prctl

_PR_SET_CHILD_SUBREAPER = 36


class Orphans:
    """
    Makes them children of this process, on Linux, and reaps them, so that none stays a zombie where Galley is process 1. Never takes
    the exit of a program that this process itself started: whoever did waits for it.
    """

    def __init__(self, has_imported: bool) -> None:
        """`has_imported`: the children that there are now are of the app's import."""
        self._is_reaping = hasattr(os, 'waitid') and os.path.isdir('/proc/self/task') and prctl(_PR_SET_CHILD_SUBREAPER, 1)
        self._own = _children() if self._is_reaping and has_imported else set()

    @contextmanager
    def keeping_new(self) -> Iterator[None]:
        """Children that appear in the `with` block are left alone."""
        before = _children() if self._is_reaping else set()
        yield
        if self._is_reaping:
            self._own |= _children() - before

    def reap(self, workers: Container[int]) -> None:
        """Reaps what has ended, but for those process ids."""
        if not self._is_reaping or not _has_ended_child():
            return
        if len(os.listdir('/proc/self/task')) > 1:  # a program that another thread starts looks like an orphan
            return
        children = _children()
        self._own &= children
        for pid in children - self._own:
            if pid not in workers:
                with suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)


def _has_ended_child() -> bool:
    try:
        return os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return False


def _children() -> Set[int]:
    """The process ids of the children, as the stat file of each process tells (proc(5)): the one that lists them is not in every kernel."""
    found = set()
    this = str(os.getpid()).encode()
    for name in os.listdir('/proc'):
        if name.isdigit():
            with suppress(OSError), open(f'/proc/{name}/stat', 'rb') as file:
                if file.read().rpartition(b')')[2].split()[1] == this:
                    found.add(int(name))
    return found
