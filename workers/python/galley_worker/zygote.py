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
from .stack_request import StackRequest

_WRITE_STACKS = 'SIGRTMIN+8'
"""What the supervisor calls the wish for a worker's stacks."""
_LOOK_INTERVAL = 1.0
"""How long an exit may stay unseen, in seconds, where the app has made its signal go astray."""
_UNKNOWN = 1 << 8
"""The wait status in place of one that somebody else got: that of code 1."""
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
    stacks: int
    """A descriptor that bytes come from when stacks are to be written."""


class Zygote:
    """One thread that obeys the supervisor, forks, and tells of workers that ended."""

    def __init__(self, control: Control, service_manager: ServiceManager, orphans: Orphans) -> None:
        self._control = control
        self._service_manager = service_manager
        self._orphans = orphans
        self._workers: Dict[int, int] = {}
        """Worker numbers by process id."""
        self._stacks: Dict[int, StackRequest] = {}
        """By process id of the worker."""
        self._alive_reader, self._alive_writer = os.pipe()
        self._signal_reader, self._signal_writer = socket.socketpair()
        self._signal_reader.setblocking(False)
        self._signal_writer.setblocking(False)

    def run(self) -> Optional[Forked]:
        """Returns None when Galley is gone or says so, with all workers ended; in a forked worker what it is told."""
        self._handle_signals()
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(self._signal_reader, selectors.EVENT_READ)
            with suppress(ConnectionError):
                while True:
                    ready = [key.fileobj for key, _ in selector.select(self._timeout())]
                    if self._signal_reader in ready:
                        self._signal_reader.recv(4096)
                    self._reap()
                    for pid, request in self._stacks.items():
                        if request.is_open:
                            request.look(pid)
                    if self._control in ready or self._control.has_given_back:
                        messages = self._control.receive()
                        if messages is None:
                            break
                        for message in messages:
                            stacks = self._obey(message)
                            if stacks is not None:
                                return Forked(message['worker'], message['leader'], self._alive_reader, stacks)
        self._end()
        return None

    def _handle_signals(self) -> None:
        leave_signals_to_supervisor()
        signal.signal(signal.SIGCHLD, _nothing)
        signal.set_wakeup_fd(self._signal_writer.fileno(), warn_on_full_buffer=False)

    def _timeout(self) -> float:
        if self._control.has_given_back:
            return 0
        return 0.1 if any(request.is_open for request in self._stacks.values()) else _LOOK_INTERVAL

    def _obey(self, message: Message) -> Optional[int]:
        """In a forked worker: the descriptor that bytes come from when stacks are to be written."""
        command = message['command']
        if command == 'fork':
            return self._fork(message['worker'])
        if command == 'signal':
            for pid, number in self._workers.items():
                if number == message['worker']:
                    self._signal(pid, message['signal'])
        elif command == 'notify':
            self._service_manager.notify(message['text'])
        return None

    def _signal(self, pid: int, name: str) -> None:
        if name == _WRITE_STACKS:
            self._stacks[pid].ask(pid)
        else:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.Signals[name])

    def _fork(self, worker: int) -> Optional[int]:
        if not self._run_hooks():
            self._tell_not_forked(worker)
            return None
        sys.stdout.flush()
        sys.stderr.flush()
        # A signal to the new worker must wait until the worker no longer writes to the zygote's wake-up descriptor.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _HANDLED)
        stacks = None
        try:
            stacks = StackRequest()
            zygote = os.getpid()
            pid = os.fork()
            if pid == 0:
                die_with_parent(zygote)
                self._leave_zygote()
                stacks.close_writer()
                return stacks.reader
        except OSError as error:
            if stacks:
                stacks.close()
            print(f'galley: cannot fork worker {worker}: {error.strerror}', file=sys.stderr, flush=True)
            self._tell_not_forked(worker)
            return None
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        self._workers[pid] = worker
        self._stacks[pid] = stacks
        self._control.send({'event': 'forked', 'worker': worker, 'pid': pid})
        return None

    def _run_hooks(self) -> bool:
        """Whether the worker may be forked."""
        if not hooks.has_before_fork():
            return True
        with self._orphans.keeping_new():
            may_fork = hooks.run_before_fork()
        self._handle_signals()  # a hook that runs an event loop takes the wake-up descriptor away
        return may_fork

    def _tell_not_forked(self, worker: int) -> None:
        self._control.send({'event': 'exited', 'worker': worker, 'pid': 0, 'code': 1, 'signal': None})

    def _leave_zygote(self) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._control.close()
        self._signal_reader.close()
        self._signal_writer.close()
        os.close(self._alive_writer)
        for request in self._stacks.values():  # of the workers that there are already
            request.close()

    def _reap(self) -> None:
        # Not waitpid(-1): that would take the exit of a program that the app's import started.
        for pid in list(self._workers):
            try:
                ended, status = os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:  # a hook took it
                ended, status = pid, _UNKNOWN
            if ended:
                self._stacks.pop(pid).close()
                self._control.send({'event': 'exited', 'worker': self._workers.pop(pid), 'pid': pid, **_exit(status)})
        self._orphans.reap(self._workers)

    def _end(self) -> None:
        for pid in self._workers:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for pid in self._workers:
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)


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
