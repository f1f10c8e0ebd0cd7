"""How much memory this process has."""

from __future__ import annotations

import os
import resource
import sys
from contextlib import suppress


def resident_bytes() -> int:
    """What is in RAM; the most that was where only that can be seen."""
    with suppress(OSError), open('/proc/self/statm', encoding='ascii') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == 'darwin' else most * 1024
