"""From the start of the process to the exit of the zygote, or of the worker that was forked from it."""

from __future__ import annotations

import asyncio  # noqa: F401  before the app's folder is on the path, where a file may have the name of what this imports
import gc
import json
import os
import platform
import queue  # noqa: F401  likewise
import sys
import time
import wsgiref.util  # noqa: F401  likewise
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, List, Mapping, NoReturn, Optional, Tuple

from .cannot_start import EXIT_CODE
from .control import Control, Message
from .descriptors import moved_out_of_the_way
from .death_watch import DeathWatch, die_with_parent
from .hide import hide_galley, main_file
from .inspect_process import ProcessState, unsafe_to_fork
from .load import App, LoadFailure, load_app
from .memory import resident_bytes
from .orphans import Orphans
from .service_manager import ServiceManager
from .settings import Settings
from .worker import run_worker, server_of
from .zygote import Zygote, leave_signals_to_supervisor

if TYPE_CHECKING:
    from .inspect_app import Inspection

_CONTROL = 3
"""Where the line to the supervisor is when a process starts."""


def main() -> int:
    """
    Runs `python -m galley_worker` and returns the exit code. An argument is there when a first import is not to be forked: the
    `load` command and the `loaded` event, as JSON.
    """
    die_with_parent(os.getppid())  # it may be in the app's hands when the control socket closes
    environment = dict(os.environ)
    folder = os.getcwd()
    arguments = sys.argv[1:]
    leave_signals_to_supervisor()
    hide_galley()
    service_manager = ServiceManager.of_environment()
    control = Control(moved_out_of_the_way(_CONTROL))
    app: Optional[App] = None
    if arguments:
        command, loaded = json.loads(arguments[0])
        _prepare_imports(command)
    else:
        first = _first_command(control)
        if first is None:
            return 0
        command = first
        _prepare_imports(command)
        app, loaded = _load(control, command)
        if not loaded['preloaded']:
            _execute_anew(control, command, loaded, environment, folder)
    settings = replace(Settings.of(command), interface=loaded['interface'])
    server_of(settings.interface)
    try:
        control.send(loaded)
    except BrokenPipeError:
        return 0
    gc.collect()
    if hasattr(gc, 'freeze'):  # PyPy has none
        gc.freeze()
    forked = Zygote(control, service_manager, Orphans(has_imported=app is not None)).run()
    return run_worker(settings, app, forked) if forked else 0


def _first_command(control: Control) -> Optional[Message]:
    messages: Optional[List[Message]] = []
    while messages == []:
        messages = control.receive()
    if not messages:
        return None
    control.give_back(messages[1:])
    return messages[0]


def _prepare_imports(command: Message) -> None:
    if command['reload']:
        from .fresh_source import compile_fresh_sources_anew

        compile_fresh_sources_anew()


def _inspection(before: ProcessState) -> Inspection:
    from .inspect_app import Inspection

    return Inspection(before)


def _load(control: Control, command: Message) -> Tuple[App, Message]:
    """
    The app and the `loaded` event. Where the app cannot be imported, sends `failed` and ends the process; where it is only
    inspected, sends `loaded` and ends it.
    """
    settings = Settings.of(command)
    watch = DeathWatch(control.fileno())
    before = ProcessState.now()
    inspection = _inspection(before) if command['inspect'] else None
    started = time.perf_counter()
    try:
        app, detected = load_app(settings)
    except LoadFailure as failure:
        watch.stop()
        event = {'kind': failure.kind, 'message': failure.message, 'traceback': failure.traceback}
        control.send({'event': 'failed', **event})
        _exit_at_once(EXIT_CODE)
    milliseconds = round((time.perf_counter() - started) * 1000, 1)
    found = unsafe_to_fork(before)
    preload = command['preload']
    loaded: Message = {
        'event': 'loaded',
        'interface': detected.interface,
        'reason': detected.reason,
        'python': platform.python_version(),
        'implementation': platform.python_implementation(),
        'gil': _gil(),
        'milliseconds': milliseconds,
        'preloaded': preload == 'always' or (preload == 'auto' and not found),
        'found': found,
        'rss': resident_bytes(),
    }
    if inspection:

        def tell(found: Message) -> NoReturn:
            control.send({**loaded, 'inspection': found})
            _exit_at_once(0)

        tell(inspection.of(app, replace(settings, interface=detected.interface), tell))
    watch.stop()
    return app, loaded


def _gil() -> str:
    """`always` but for a free-threaded build, which has it `off`, or `on` where a module that was imported needs it."""
    if 't' not in getattr(sys, 'abiflags', ''):
        return 'always'
    return 'on' if getattr(sys, '_is_gil_enabled', lambda: True)() else 'off'


def _execute_anew(
    control: Control, command: Message, loaded: Message, environment: Mapping[str, str], folder: str
) -> NoReturn:
    """`environment` and `folder` are those that this process was started with."""
    sys.stdout.flush()
    sys.stderr.flush()
    for descriptor, _, _ in ProcessState.now().descriptors:
        if descriptor > 2:
            with suppress(OSError):  # a thread of the app may have closed it
                os.set_inheritable(descriptor, False)
    # After those: it may take the number from a file of the app.
    os.dup2(control.fileno(), _CONTROL)
    os.set_inheritable(_CONTROL, True)
    os.chdir(folder)
    arguments = [sys.executable, main_file(), json.dumps([command, loaded])]
    os.execve(sys.executable, arguments, environment)


def _exit_at_once(code: int) -> NoReturn:
    """Does not wait for threads that the import started."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
