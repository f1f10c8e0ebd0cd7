"""Whether what the system says about a file's size holds."""

from __future__ import annotations

import os


def misstates_size(descriptor: int, status: os.stat_result) -> bool:
    """
    Whether a regular file has not the size that `status` says, as those of /proc, which say 0, and those of /sys, which say more
    than there is. Raises OSError where it cannot be read.
    """
    if status.st_blocks:  # something is stored: the usual file, which need not be read from disk here
        return False
    size = status.st_size
    return not os.pread(descriptor, 1, size - 1) if size else bool(os.pread(descriptor, 1, 0))
