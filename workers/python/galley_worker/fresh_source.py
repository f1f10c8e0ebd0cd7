"""Sees to it that a source file which changes twice within a second is compiled twice (`--reload`)."""

from __future__ import annotations

import sys
import time
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from os import stat
from typing import Any

_FRESH = 2.0
"""Bytecode tells versions of its source apart by size and by time in whole seconds; some file systems count in twos."""


class _Loader(SourceFileLoader):
    def set_data(self, path: str, data: Any, **mode: int) -> None:
        """Writes bytecode, but not that of a source that could still change within the second its bytecode would name."""
        if time.time() - stat(self.path).st_mtime > _FRESH:
            super().set_data(path, data, **mode)


def compile_fresh_sources_anew() -> None:
    """Has every import from a folder leave the bytecode of a file that was saved just now unwritten."""
    loaders = (
        (ExtensionFileLoader, EXTENSION_SUFFIXES),
        (_Loader, SOURCE_SUFFIXES),
        (SourcelessFileLoader, BYTECODE_SUFFIXES),
    )
    sys.path_hooks.insert(0, FileFinder.path_hook(*loaders))
    sys.path_importer_cache.clear()
