"""How the headers of a response are encoded, whatever the interface."""

from __future__ import annotations

import marshal
from typing import Any, List

_VERSION = 2  # later ones write references, which the front would have to resolve

MAX_HEADERS = 64 * 1024
"""The most that the headers of a head, or trailers, may take once they are encoded, in bytes (node reads 16k, nginx 4k or 8k)."""


def marshal_headers(headers: List[Any]) -> bytes:
    """Pairs of byte strings as frame.md has them ("Heads"). Raises ValueError for what cannot be marshalled or is too much."""
    block = marshal.dumps(headers, _VERSION)
    if len(block) > MAX_HEADERS:
        raise ValueError(f'Cannot send {len(block)} bytes of headers: {MAX_HEADERS} are the most')
    return block
