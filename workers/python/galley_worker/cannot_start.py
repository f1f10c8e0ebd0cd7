"""Why an app cannot start."""

from __future__ import annotations

EXIT_CODE = 3
"""Of a zygote that could not import the app and of a worker that sent its failure in HELLO."""


class CannotStart(Exception):
    """The app cannot start. The text is for whoever runs it, with the app's traceback."""
