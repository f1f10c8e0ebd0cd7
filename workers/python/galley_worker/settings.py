"""What the supervisor's `load` command says."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, List, Mapping


@dataclass(frozen=True)
class Settings:
    """One app and how its workers run it (control.md, `load`)."""

    app: str
    """`module:attribute`; without an attribute `app` or `application` is looked for."""
    directory: str
    """The app's folder: first on `sys.path`, and the working folder."""
    interface: str
    """`auto`, `asgi3`, `asgi2` or `wsgi`; a worker gets the one that was found."""
    factory: bool
    """The attribute is called without arguments and returns the app."""
    lifespan: str
    """`auto`, `on` or `off`."""
    root_path: str
    """Where the app is mounted: empty or `/x` without a trailing slash."""
    threads: int
    """Threads of one WSGI worker."""
    workers: int
    """How many workers run at a time."""
    concurrency: int
    """Requests that one ASGI worker takes at a time."""
    sockets: List[str]
    """The Unix sockets that a worker connects to, one for each front thread."""
    uvloop: str
    """`auto`: uvloop where it can be imported; `off`: asyncio."""

    @classmethod
    def of(cls, command: Mapping[str, Any]) -> Settings:
        """The settings in a `load` command. Raises KeyError where one is missing."""
        return cls(**{field.name: command[field.name] for field in fields(cls)})
