"""Makes the app's process look as if it were started for the app alone."""

from __future__ import annotations

import os
import sys
from types import ModuleType

_OUR_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def hide_galley() -> None:
    """
    Takes from `sys.path`, `PYTHONPATH`, `sys.argv` and `__main__` what our start put there. This package is imported, so it stays
    usable.
    """
    if not getattr(sys.flags, 'safe_path', False):
        del sys.path[0]  # the folder of our __main__.py
    sys.path[:] = [entry for entry in sys.path if not _is_ours(entry)]
    entries = [entry for entry in os.environ.get('PYTHONPATH', '').split(os.pathsep) if entry and not _is_ours(entry)]
    if entries:
        os.environ['PYTHONPATH'] = os.pathsep.join(entries)
    else:
        os.environ.pop('PYTHONPATH', None)
    sys.argv[:] = ['galley']
    # A process that multiprocessing spawns for the app would import this package's __main__ by the name it has here.
    sys.modules['__main__'] = ModuleType('__main__')


def main_file() -> str:
    """
    What Python is started with. `-m galley_worker` would put the current folder first on `sys.path`, and a file there with the
    name of a module of the standard library would be imported by us.
    """
    return os.path.join(_OUR_FOLDER, 'galley_worker', '__main__.py')


def _is_ours(entry: str) -> bool:
    return bool(entry) and os.path.abspath(entry) == _OUR_FOLDER
