"""Linux's prctl(2)."""

from __future__ import annotations

# Here, before the app's folder is on the path: a file there may have this name.
try:
    import ctypes
except ImportError:  # a Python that was built without it
    ctypes = None  # type: ignore[assignment]


def prctl(option: int, value: int) -> bool:
    """Whether the process has the attribute now; False where there is no prctl."""
    if ctypes is None:
        return False
    try:
        return int(ctypes.CDLL(None).prctl(option, value)) == 0
    except (OSError, AttributeError):
        return False
