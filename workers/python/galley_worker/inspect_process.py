"""What an import left in the process that a fork would break."""

from __future__ import annotations

import os
import socket
import stat
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Dict, FrozenSet, Iterator, List, Optional, Tuple

_SQLITE = b'SQLite format 3\0'
"""What a database begins with (SQLite's "Database File Format")."""

_LINGERING = 0.05
"""How long, in seconds, the kernel may show a thread that has ended and was joined."""


@dataclass(frozen=True)
class ProcessState:
    """The threads and descriptors of this process at one moment."""

    threads: FrozenSet[int]
    descriptors: FrozenSet[Tuple[int, int, int]]
    """Number, device and inode: a number alone may be given to something else later."""

    @classmethod
    def now(cls) -> ProcessState:
        return cls(frozenset(_threads()), frozenset(_descriptors()))


def unsafe_to_fork(before: ProcessState) -> List[str]:
    """The threads, sockets, event polls and databases that appeared since `before`, in words."""
    return _started(before) + [what for descriptor in _opened(before) if (what := _describe(descriptor))]


def files_opened(before: ProcessState) -> List[str]:
    """The other descriptors that appeared since `before`: paths of files, names of pipes. A fork shares them."""
    found = []
    for descriptor in _opened(before):
        with suppress(OSError):
            if not _describe(descriptor):
                found.append(os.readlink(f'/proc/self/fd/{descriptor}'))
    return found


def _started(before: ProcessState) -> List[str]:
    deadline = time.monotonic() + _LINGERING
    while True:
        threads = _threads()
        started = sorted(set(threads) - before.threads)
        if set(started) <= set(_python_threads()) or time.monotonic() >= deadline:
            return [f'thread {threads[each]}' for each in started]
        time.sleep(0.001)


def _opened(before: ProcessState) -> List[int]:
    return [descriptor for descriptor, _, _ in sorted(ProcessState.now().descriptors - before.descriptors)]


def _python_threads() -> Dict[int, str]:
    # Some platforms, and older versions of PyPy, know no native ids.
    return {getattr(thread, 'native_id', None) or 0: thread.name for thread in threading.enumerate()}


def _threads() -> Dict[int, str]:
    """Names by native id: of all threads where /proc shows them, else of those that Python started."""
    python = _python_threads()
    try:
        ids = [int(name) for name in os.listdir('/proc/self/task')]
    except OSError:
        return python
    return {each: python.get(each) or f'native-{number} ({_comm(each)})' for number, each in enumerate(sorted(ids))}


def _comm(thread: int) -> str:
    try:
        with open(f'/proc/self/task/{thread}/comm', encoding='utf-8', errors='replace') as file:
            return file.read().strip()
    except OSError:
        return 'ended'


def _descriptors() -> Iterator[Tuple[int, int, int]]:
    folder = '/proc/self/fd' if os.path.isdir('/proc/self/fd') else '/dev/fd'
    for name in os.listdir(folder):
        with suppress(OSError):  # one of the names is that of the listing itself, closed by now
            facts = os.fstat(int(name))
            yield int(name), facts.st_dev, facts.st_ino


def _describe(descriptor: int) -> Optional[str]:
    """What an unsafe descriptor is; None for another file, a pipe or one that was closed meanwhile."""
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISSOCK(mode):
            return f'socket {_peer(descriptor)}'.strip()
        link = os.readlink(f'/proc/self/fd/{descriptor}')
        if stat.S_ISREG(mode):
            return f'database {link}' if _is_sqlite(descriptor) else None
    except OSError:
        return None
    return link[len('anon_inode:') :].strip('[]') if link.startswith('anon_inode:') else None


def _is_sqlite(descriptor: int) -> bool:
    """SQLite forbids to use a connection behind a fork. Raises OSError for a file that cannot be read."""
    # By this descriptor: closing another one of the file would give up SQLite's locks on it.
    return os.pread(descriptor, len(_SQLITE), 0) == _SQLITE


def _peer(descriptor: int) -> str:
    with socket.socket(fileno=os.dup(descriptor)) as opened:
        try:
            address = opened.getpeername()
        except OSError:
            address = opened.getsockname()
    return ':'.join(str(part) for part in address[:2]) if isinstance(address, tuple) else str(address)
