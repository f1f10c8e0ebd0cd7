"""Files that the front sends for an app (frame.md, "Files")."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

if TYPE_CHECKING:
    from .stream import Message

CAN_SEND_OPEN_FILES = os.path.isdir('/proc/self/fd')
"""Whether a file that is open here has a path by which the front can open it."""


class SentFile(NamedTuple):
    """`length` bytes from `offset` on."""

    path: str
    offset: int
    length: int


def file_of_path(path: Any) -> SentFile:
    """The file of a `http.response.pathsend`. Raises ValueError, or OSError where it cannot be opened."""
    if not isinstance(path, str) or not os.path.isabs(path):
        raise ValueError(f'Cannot send {path!r}: it is not an absolute path')
    return SentFile(path, 0, _size(path, path))


def open_file_of(message: Message) -> SentFile:
    """
    The part of an open file that a `http.response.zerocopysend` names, from the file's position on where it gives no offset. The
    position moves behind it then, as `os.sendfile` does. Raises ValueError, TypeError, or OSError where it cannot be read.
    """
    file = message['file']
    descriptor: int = file if isinstance(file, int) else file.fileno()
    size = _size(f'/proc/self/fd/{descriptor}', file)
    offset: Optional[int] = message.get('offset')
    count: Optional[int] = message.get('count')
    start = _position(file, descriptor) if offset is None else offset
    if start < 0 or (count is not None and count < 0):
        raise ValueError(f'Cannot send {count} bytes from {start}')
    length = max(size - start, 0)
    if count is not None:
        length = min(count, length)
    if offset is None:
        _move(file, descriptor, start + length)
    return SentFile(f'/proc/{os.getpid()}/fd/{descriptor}', start, length)


def _size(path: str, name: Any) -> int:
    """Opens the file as the front will, but does not wait where a pipe would."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise ValueError(f'Cannot send {name!r}: it is not a regular file')
    return status.st_size


def _position(file: Any, descriptor: int) -> int:
    """A buffered file has read further than its own position."""
    position: int = file.tell() if hasattr(file, 'tell') else os.lseek(descriptor, 0, os.SEEK_CUR)
    return position


def _move(file: Any, descriptor: int, position: int) -> None:
    if hasattr(file, 'seek'):
        file.seek(position)
    else:
        os.lseek(descriptor, position, os.SEEK_SET)
