"""Where the threads of a worker are, for the one who wonders why it is stuck (control.md)."""

from __future__ import annotations

import faulthandler
import os
import signal

from .descriptors import moved_out_of_the_way

_STDERR = 2


def write_stacks_on_signal(worker: int, folder: str) -> None:
    """
    From now on SIGRTMIN+8 appends the stacks of all threads to the file `stacks-<worker>` in `folder`. The handler is in C, so it
    also runs where the app never lets go of Python's lock.
    """
    if not (hasattr(faulthandler, 'register') and hasattr(signal, 'SIGRTMIN')):
        return
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    try:
        descriptor = moved_out_of_the_way(os.open(os.path.join(folder, f'stacks-{worker}'), flags, 0o600))
    except OSError:
        descriptor = _STDERR  # without a handler the signal would end the worker
    faulthandler.register(signal.SIGRTMIN + 8, descriptor, all_threads=True)
