"""Which web framework an app is made with."""

from __future__ import annotations

import functools
import sys
from contextlib import suppress
from importlib import metadata
from typing import Any, Dict, Iterator, List, Optional

# By the module of its classes: the framework's name, which is its distribution's too. What builds on another comes before it.
_NAMES = {
    'fastapi': 'FastAPI',
    'litestar': 'Litestar',
    'quart': 'Quart',
    'channels': 'Channels',
    'socketio': 'python-socketio',
    'connexion': 'Connexion',
    'falcon': 'Falcon',
    'bottle': 'Bottle',
    'pyramid': 'Pyramid',
    'cherrypy': 'CherryPy',
    'flask': 'Flask',
    'django': 'Django',
    'starlette': 'Starlette',
    'werkzeug': 'Werkzeug',
}
_WRAPPED = ('app', 'wsgi_app', 'application', 'other_asgi_app', '__wrapped__')
"""Where middleware and decorators keep what they wrap."""
_MOST_LAYERS = 32

Framework = Dict[str, Optional[str]]
"""`name` and `version`; the version is None where no distribution says it."""


def framework_of(app: Any) -> Optional[Framework]:
    """The framework whose class the app, or what it visibly wraps, is an instance of."""
    with suppress(Exception):  # of the app's own `__getattr__`
        for layer in _layers(app):
            for cls in type(layer).__mro__:
                root = str(cls.__module__).partition('.')[0]
                if root in _NAMES:
                    return _described(root)
    return None


def frameworks_imported() -> List[Framework]:
    """All frameworks that are in this process, used by the app or not."""
    return [_described(root) for root in _NAMES if root in sys.modules]


def version_of(distribution: str) -> Optional[str]:
    """The installed version of a distribution."""
    try:
        return metadata.version(distribution)
    except Exception:  # it is not installed, or what was written at its installation cannot be read
        return None


def _described(root: str) -> Framework:
    name = _NAMES[root]
    return {'name': name, 'version': version_of(name)}


def _layers(app: Any) -> Iterator[Any]:
    layer = app
    for _ in range(_MOST_LAYERS):
        yield layer
        inner = getattr(layer, 'func' if isinstance(layer, functools.partial) else '__self__', None)
        attributes = getattr(layer, '__dict__', {})
        inside = [inner, *(attributes.get(name) for name in _WRAPPED)]
        layer = next((each for each in inside if callable(each) and each is not layer), None)
        if layer is None:
            return
