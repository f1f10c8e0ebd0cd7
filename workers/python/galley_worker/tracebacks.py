"""Tracebacks that show the app's own frames."""

from __future__ import annotations

import importlib
import os
import traceback
from typing import List, Optional

_OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep
_IMPORTLIB = os.path.abspath(importlib.__file__)
_FROZEN_IMPORTLIB = ('<frozen importlib', '<builtin>/frozen importlib')  # of CPython and of PyPy


def format_exception(error: BaseException) -> str:
    """The traceback of `error` and of what led to it, without the frames of this package and of importlib."""
    try:
        report = traceback.TracebackException.from_exception(error)
        _strip(report)
        return ''.join(report.format())
    except Exception as other:  # attributes of the app's exception may raise
        return f'{type(error).__name__} (its traceback cannot be shown: {type(other).__name__})'


def has_app_frames(error: BaseException) -> bool:
    """Whether the app's code is anywhere in the traceback of `error`."""
    return any(_is_apps(frame) for frame in traceback.extract_tb(error.__traceback__))


def _strip(report: traceback.TracebackException) -> None:
    seen = set()
    reports: List[Optional[traceback.TracebackException]] = [report]
    while reports:
        each = reports.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        each.stack[:] = [frame for frame in each.stack if _is_apps(frame)]
        reports += [each.__cause__, each.__context__, *(getattr(each, 'exceptions', None) or ())]


def _is_apps(frame: traceback.FrameSummary) -> bool:
    name = frame.filename
    return not (name.startswith(_FROZEN_IMPORTLIB) or name.startswith(_OURS) or name == _IMPORTLIB)
