"""Ends the process when the one above it is gone."""

from __future__ import annotations

import os
import select
import signal
import threading
from typing import Optional

from .prctl import prctl
from .stacks import StackWriter

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """
    Has Linux kill this process when the one with id `parent`, which forked it, is gone, also behind an exec: a thread cannot end a
    process whose app never lets go of Python's lock. Elsewhere DeathWatch must do.
    """
    if prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) and os.getppid() != parent:
        os._exit(1)


class DeathWatch:
    """
    Ends this process, with code 1 and at once, when the other end of `descriptor` is closed.
    It is a thread because the main one may be in the app's hands for ever. For the same reason it writes the stacks.
    """

    def __init__(self, descriptor: int, stacks: Optional[StackWriter] = None) -> None:
        self._descriptor = descriptor
        self._stacks = stacks
        self._stop_reader, self._stop_writer = os.pipe()
        self._thread = threading.Thread(target=self._watch, name='galley-death-watch', daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Returns when the thread is gone."""
        # A byte, not the end of the pipe: a process that the app forked holds the writing end open as well.
        os.write(self._stop_writer, b'.')
        self._thread.join()
        os.close(self._stop_writer)
        os.close(self._stop_reader)

    def _watch(self) -> None:
        poll = select.poll()
        poll.register(self._descriptor, 0)  # its end is always reported; what it has to read is not for us
        poll.register(self._stop_reader, select.POLLIN)
        if self._stacks:
            poll.register(self._stacks, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor == self._descriptor:
                    os._exit(1)
                if descriptor == self._stop_reader:
                    return
                if self._stacks:
                    self._stacks.answer()
