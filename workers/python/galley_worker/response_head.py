"""How the headers of a response are encoded, whatever the interface."""

from __future__ import annotations

import marshal
from typing import Any, List

_VERSION = 2  # later ones write references, which the front would have to resolve


def marshal_headers(headers: List[Any]) -> bytes:
    """Pairs of byte strings as frame.md has them ("Heads"). Raises ValueError for what cannot be marshalled."""
    return marshal.dumps(headers, _VERSION)
