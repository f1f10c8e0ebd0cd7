"""The threads that run a WSGI app."""

from __future__ import annotations

import threading
from collections import deque
from queue import SimpleQueue
from time import monotonic
from typing import Callable, Deque, Generic, List, Optional, TypeVar

HELD_UP = 0.001
"""A request that has run for so long, in seconds, holds up its thread: others are not to wait for it."""

_Job = TypeVar('_Job')


class Pool(Generic[_Job]):
    """
    One thread runs the jobs one after another while each is quick; only where one holds up its thread, another is woken.
    Waking a thread for every job costs more than most jobs do. The thread that adds jobs calls `look` at least every HELD_UP
    seconds while `needs_look`.
    """

    def __init__(self, threads: int, run: Callable[[_Job], None], rested: Callable[[], None]) -> None:
        """`run` runs a job; `rested` is called by a thread that has found no more to do."""
        self._run = run
        self._rested = rested
        self._jobs: Deque[_Job] = deque()
        # When the job of each thread began; None for a thread at rest.
        self._began: List[Optional[float]] = [None] * threads
        self._wakes: List[SimpleQueue[bool]] = [SimpleQueue() for _ in range(threads)]
        self._threads = [
            threading.Thread(target=self._work, args=(number,), name=f'galley-app-{number + 1}', daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def needs_look(self) -> bool:
        """Whether a job waits: a thread at rest may have to be woken for it, or it may hold up a thread that has not `rested`."""
        return bool(self._jobs)

    def add(self, job: _Job) -> None:
        """`look` must be called soon after."""
        self._jobs.append(job)

    def look(self) -> None:
        """Wakes a thread where jobs wait and all that are awake are held up."""
        if not self._jobs:
            return
        late = monotonic() - HELD_UP
        resting = -1
        for number, began in enumerate(self._began):
            if began is None:
                resting = number
            elif began > late:
                return
        if resting >= 0:
            self._began[resting] = monotonic()
            self._wakes[resting].put(True)

    def stop(self) -> None:
        """Returns when all threads have ended. No job may be left."""
        for wake in self._wakes:
            wake.put(False)
        for thread in self._threads:
            thread.join()

    def _work(self, number: int) -> None:
        jobs = self._jobs
        began = self._began
        while self._wakes[number].get():
            while jobs:
                try:
                    job = jobs.popleft()
                except IndexError:  # another thread was faster
                    break
                began[number] = monotonic()
                self._run(job)
            # The mark goes first: whoever adds a job from here on sees that it must wake a thread.
            began[number] = None
            self._rested()
            if jobs:
                self._wakes[number].put(True)
