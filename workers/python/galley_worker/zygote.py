"""The process that forks workers (control.md)."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import sys
from contextlib import suppress
from typing import Dict, NamedTuple, Optional

from . import hooks
from .control import Control, Message
from .death_watch import die_with_parent
from .orphans import Orphans
from .service_manager import ServiceManager

_HANDLED = (signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGTERM)


class StopNotice:
    """
    What handles SIGTERM. Libraries that hold streams open look there, as they do under uvicorn, whether the server is stopping,
    and end their streams then.
    """

    def __init__(self) -> None:
        self.should_exit = False

    def handle(self, _signal: int, _frame: object) -> None:
        """The server is stopping."""
        self.should_exit = True


_notice = StopNotice()


def leave_signals_to_supervisor() -> None:
    """
    Leaves to the supervisor what a terminal or a service manager sends to all processes at once: it lets requests end first.
    There are handlers, since ignored signals would stay ignored in the programs that the app starts.
    """
    signal.signal(signal.SIGHUP, _nothing)
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _notice.handle)


class Forked(NamedTuple):
    """What a new worker is told."""

    worker: int
    is_leader: bool
    zygote: int
    """A descriptor that becomes readable when the zygote is gone."""


class Zygote:
    """One thread that obeys the supervisor, forks, and tells of workers that ended."""

    def __init__(self, control: Control, service_manager: ServiceManager, orphans: Orphans) -> None:
        self._control = control
        self._service_manager = service_manager
        self._orphans = orphans
        self._workers: Dict[int, int] = {}
        """Worker numbers by process id."""
        self._alive_reader, self._alive_writer = os.pipe()
        self._signal_reader, self._signal_writer = socket.socketpair()
        self._signal_reader.setblocking(False)
        self._signal_writer.setblocking(False)

    def run(self) -> Optional[Forked]:
        """Returns None when Galley is gone or says so, with all workers ended; in a forked worker what it is told."""
        leave_signals_to_supervisor()
        signal.signal(signal.SIGCHLD, _nothing)
        signal.set_wakeup_fd(self._signal_writer.fileno(), warn_on_full_buffer=False)
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(self._signal_reader, selectors.EVENT_READ)
            with suppress(ConnectionError):
                while True:
                    ready = [key.fileobj for key, _ in selector.select(0 if self._control.has_given_back else None)]
                    if self._signal_reader in ready:
                        self._signal_reader.recv(4096)
                        self._reap()
                    if self._control in ready or self._control.has_given_back:
                        messages = self._control.receive()
                        if messages is None:
                            break
                        for message in messages:
                            if self._obey(message):
                                return Forked(message['worker'], message['leader'], self._alive_reader)
        self._end()
        return None

    def _obey(self, message: Message) -> bool:
        """Returns whether this process is now a forked worker."""
        command = message['command']
        if command == 'fork':
            return self._fork(message['worker'])
        if command == 'signal':
            for pid, number in self._workers.items():
                if number == message['worker']:
                    os.kill(pid, _signal(message['signal']))
        elif command == 'notify':
            self._service_manager.notify(message['text'])
        return False

    def _fork(self, worker: int) -> bool:
        if not self._run_hooks():
            self._tell_not_forked(worker)
            return False
        sys.stdout.flush()
        sys.stderr.flush()
        # A signal to the new worker must wait until the worker no longer writes to the zygote's wake-up descriptor.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _HANDLED)
        try:
            zygote = os.getpid()
            pid = os.fork()
            if pid == 0:
                die_with_parent(zygote)
                self._leave_zygote()
                return True
        except OSError as error:
            print(f'galley: cannot fork worker {worker}: {error.strerror}', file=sys.stderr, flush=True)
            self._tell_not_forked(worker)
            return False
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        self._workers[pid] = worker
        self._control.send({'event': 'forked', 'worker': worker, 'pid': pid})
        return False

    def _run_hooks(self) -> bool:
        """Whether the worker may be forked."""
        if not hooks.has_before_fork():
            return True
        with self._orphans.keeping_new():
            return hooks.run_before_fork()

    def _tell_not_forked(self, worker: int) -> None:
        self._control.send({'event': 'exited', 'worker': worker, 'pid': 0, 'code': 1, 'signal': None})

    def _leave_zygote(self) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._control.close()
        self._signal_reader.close()
        self._signal_writer.close()
        os.close(self._alive_writer)

    def _reap(self) -> None:
        # Not waitpid(-1): that would take the exit of a program that the app's import started.
        for pid in list(self._workers):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self._control.send({'event': 'exited', 'worker': self._workers.pop(pid), 'pid': pid, **_exit(status)})
        self._orphans.reap(self._workers)

    def _end(self) -> None:
        for pid in self._workers:
            os.kill(pid, signal.SIGKILL)
        for pid in self._workers:
            os.waitpid(pid, 0)


def _signal(name: str) -> int:
    """The number of a signal; that of a real-time one is written as `SIGRTMIN+8`."""
    base, _, offset = name.partition('+')
    return signal.Signals[base] + int(offset or 0)


def _exit(status: int) -> Message:
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return {'code': code, 'signal': None}
    try:
        return {'code': None, 'signal': signal.Signals(-code).name}
    except ValueError:  # a real-time signal has no name
        return {'code': None, 'signal': f'signal {-code}'}


def _nothing(_signal: int, _frame: object) -> None:
    pass
