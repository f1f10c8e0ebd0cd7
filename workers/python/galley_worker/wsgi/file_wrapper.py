"""`wsgi.file_wrapper` (PEP 3333, "Optional Platform-Specific File Handling")."""

from __future__ import annotations

import io
import os
import stat
from typing import Any, NamedTuple, Optional

from ..file_size import misstates_size
from ..frames import MAX_BODY

_NAMES_OPEN_FILES = os.path.isdir('/proc/self/fd')
_BUFFERED = (io.BufferedReader, io.BufferedRandom)


class FilePart(NamedTuple):
    """Bytes of a file that the front can send by itself (frame.md, "Files")."""

    path: str
    """Names the descriptor of this process, so that it holds while the file is open here, even where it is deleted."""
    offset: int
    length: int


class FileWrapper:
    """An iterable of a file's blocks. The front sends the file where an app returns this very object."""

    def __init__(self, file: Any, block_size: int = MAX_BODY) -> None:
        """`file` has a `read` that takes a size, and may have a `close`."""
        self._file = file
        self._block_size = block_size

    def __iter__(self) -> FileWrapper:
        return self

    def __next__(self) -> bytes:
        block = self.read(self._block_size)
        if not block:
            raise StopIteration
        return block

    def read(self, size: int) -> bytes:
        """The file's next bytes."""
        block: bytes = self._file.read(size)
        return block

    def close(self) -> None:
        """Closes the file, if it can be closed."""
        close = getattr(self._file, 'close', None)
        if close is not None:
            close()

    def part(self) -> Optional[FilePart]:
        """What is left to read of a regular file; None where only reading gives the bytes, or where none are left."""
        # Whose `read` it is tells a proxy, as Django's File is one, from what decodes and yet has a `fileno`, as GzipFile does.
        source: Any = getattr(self._file.read, '__self__', None)
        if not _NAMES_OPEN_FILES or type(source) not in (*_BUFFERED, io.FileIO):
            return None
        try:
            if isinstance(source, _BUFFERED):
                if type(source.raw) is not io.FileIO:
                    return None
                source.flush()
            descriptor = source.fileno()
            offset = source.tell()
            status = os.fstat(descriptor)
            length = status.st_size - offset
            if not stat.S_ISREG(status.st_mode) or length <= 0 or misstates_size(descriptor, status):
                return None
            path = f'/proc/{os.getpid()}/fd/{descriptor}'
            if length > MAX_BODY:  # the front will open it, and may not where the permissions were dropped since this process did
                os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
        except (OSError, ValueError):
            return None
        return FilePart(path, offset, length)
