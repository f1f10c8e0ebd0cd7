"""Files that the front sends for an app (frame.md, "Files")."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING, Any, Iterator, NamedTuple, Optional, Tuple

from ..file_size import misstates_size
from ..frames import MAX_BODY

if TYPE_CHECKING:
    from .stream import Message

CAN_SEND_OPEN_FILES = os.path.isdir('/proc/self/fd')
"""Whether a file that is open here has a path by which the front can open it."""


class SentFile(NamedTuple):
    """`length` bytes from `offset` on."""

    path: str
    offset: int
    length: int


def file_of_path(path: Any) -> Optional[SentFile]:
    """
    The file of a `http.response.pathsend`, or None where only reading it tells how long it is (`blocks_of`). Raises ValueError, or
    OSError where it cannot be opened.
    """
    if not isinstance(path, str) or not os.path.isabs(path):
        raise ValueError(f'Cannot send {path!r}: it is not an absolute path')
    size = _size(path, path)
    return None if size is None else SentFile(path, 0, size)


def blocks_of(path: str, limit: Optional[int]) -> Iterator[Tuple[bytes, bool]]:
    """A file's blocks, of at most `limit` bytes together, and whether each is the last. Raises OSError."""
    left = sys.maxsize if limit is None else limit
    with open(path, 'rb') as file:
        block = file.read(min(left, MAX_BODY))
        while True:
            left -= len(block)
            following = file.read(min(left, MAX_BODY))
            yield block, not following
            if not following:
                return
            block = following


def open_file_of(message: Message) -> SentFile:
    """
    The part of an open file that a `http.response.zerocopysend` names, from the file's position on where it gives no offset. The
    position moves behind it then, as `os.sendfile` does. Raises ValueError, TypeError, or OSError where it cannot be read.
    """
    file = message['file']
    descriptor: int = file if isinstance(file, int) else file.fileno()
    size = _size(f'/proc/self/fd/{descriptor}', file)
    if size is None:
        raise ValueError(f'Cannot send {file!r}: only reading it tells how long it is')
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


def _size(path: str, name: Any) -> Optional[int]:
    """Opens the file as the front will, but does not wait where a pipe would. None where what it says is not so."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError(f'Cannot send {name!r}: it is not a regular file')
        return None if misstates_size(descriptor, status) else status.st_size
    finally:
        os.close(descriptor)


def _position(file: Any, descriptor: int) -> int:
    """A buffered file has read further than its own position."""
    position: int = file.tell() if hasattr(file, 'tell') else os.lseek(descriptor, 0, os.SEEK_CUR)
    return position


def _move(file: Any, descriptor: int, position: int) -> None:
    if hasattr(file, 'seek'):
        file.seek(position)
    else:
        os.lseek(descriptor, position, os.SEEK_SET)
