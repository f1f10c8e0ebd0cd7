"""Imports an app."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from contextlib import suppress
from types import ModuleType
from typing import Any, Callable, List, Optional, Tuple

from .cannot_start import CannotStart
from .detect import Detected, detect_interface, takes_nothing
from .settings import Settings
from .tracebacks import format_exception, has_app_frames

App = Callable[..., Any]
_MISSING = object()


class LoadFailure(CannotStart):
    """An app could not be imported. `kind` is one of control.md's; `traceback` holds the app's frames or is empty."""

    def __init__(self, kind: str, message: str, cause: Optional[BaseException] = None) -> None:
        self.kind = kind
        self.message = message
        self.traceback = format_exception(cause) if cause else ''
        super().__init__(f'{message}\n{self.traceback}'.rstrip())


def load_app(settings: Settings) -> Tuple[App, Detected]:
    """Enters the app's folder and imports it: the app and how it is called. Raises LoadFailure."""
    _enter(settings.directory)
    module_name, _, path = settings.app.partition(':')
    module = _import(module_name, settings)
    app = _attribute(module, path)
    if settings.factory:
        app = _call_factory(app, settings.app)
    if not callable(app):
        raise LoadFailure('not-an-app', f'Cannot run "{settings.app}": it is {_a(app)}, which cannot be called')
    if settings.interface != 'auto':
        return app, Detected(settings.interface, 'as --interface says')
    if takes_nothing(app):
        hint = 'if it returns the app, add --factory'
        raise LoadFailure('not-an-app', f'Cannot run "{settings.app}": it takes no arguments; {hint}')
    return app, detect_interface(app)


def _enter(directory: str) -> None:
    try:
        os.chdir(directory)
    except OSError as error:
        raise LoadFailure('bad-directory', f'Cannot enter the folder "{directory}": {error.strerror}') from None
    if directory not in sys.path[:1]:
        sys.path.insert(0, directory)


def _import(name: str, settings: Settings) -> ModuleType:
    start = f'Cannot import "{name}"'
    if not name or name.startswith('.') or '/' in name:
        raise LoadFailure('module-not-found', f'{start}: write it as MODULE:ATTRIBUTE, such as main:app')
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or ''
        if has_app_frames(error) or not (name == missing or name.startswith(missing + '.')):
            raise LoadFailure('import-error', f'{start}: it needs "{missing}", which is not installed', error) from None
        if name.endswith('.py'):
            raise LoadFailure('module-not-found', f'{start}: write "{name[:-3]}", without .py') from None
        where = f'there is no module "{missing}" in "{settings.directory}" and none is installed'
        raise LoadFailure('module-not-found', f'{start}: {where}; check the name and the folder of the app') from None
    except SyntaxError as error:
        place = f'{error.filename}, line {error.lineno}'
        raise LoadFailure('syntax-error', f'{start}: syntax error in {place}', error) from None
    except BaseException as error:
        raise LoadFailure('import-error', f'{start}: it raised {type(error).__name__}', error) from None


def _attribute(module: ModuleType, path: str) -> Any:
    if not path:
        for name in ('app', 'application'):
            found = _member(module, name, module, name)
            if found is not _MISSING:
                return found
        message = f'Module "{module.__name__}" has neither "app" nor "application"; name it as {module.__name__}:ATTRIBUTE'
        raise LoadFailure('attribute-not-found', message)
    value: Any = module
    for name in path.split('.'):
        owner, value = value, _member(value, name, module, path)
        if value is _MISSING:
            message = f'Module "{module.__name__}" has no attribute "{path}"; {_hint(owner, name)}'
            raise LoadFailure('attribute-not-found', message)
    return value


def _member(owner: Any, name: str, module: ModuleType, path: str) -> Any:
    """The attribute, or _MISSING. Raises LoadFailure where the app's own `__getattr__` raises."""
    try:
        return getattr(owner, name)
    except AttributeError:
        return _MISSING
    except BaseException as error:
        message = f'Cannot read "{path}" of module "{module.__name__}": it raised {type(error).__name__}'
        raise LoadFailure('import-error', message, error) from None


def _hint(owner: Any, name: str) -> str:
    close: List[str] = []
    with suppress(Exception):  # of the app's own `__dir__`
        close = difflib.get_close_matches(name, dir(owner), 1)
    return f'did you mean "{close[0]}"?' if close else 'check the name after the colon'


def _call_factory(factory: Any, target: str) -> Any:
    if not callable(factory):
        raise LoadFailure('not-an-app', f'Cannot call the factory "{target}": it is {_a(factory)}')
    try:
        return factory()
    except BaseException as error:
        raise LoadFailure('factory-failed', f'The factory "{target}" raised {type(error).__name__}', error) from None


def _a(value: Any) -> str:
    return f'a module ("{value.__name__}")' if isinstance(value, ModuleType) else f'of type {type(value).__name__}'
