"""Where our own descriptors are."""

from __future__ import annotations

import fcntl
import os

_OUT_OF_THE_WAY = 100
"""The lowest number of those that are moved: the first free ones are those that an app may write to by mistake."""


def moved_out_of_the_way(descriptor: int) -> int:
    """A copy that programs do not inherit; the descriptor itself is closed. The same one where so high a number is not to be had."""
    try:
        copy = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _OUT_OF_THE_WAY)
    except OSError:
        os.set_inheritable(descriptor, False)
        return descriptor
    os.close(descriptor)
    return copy
