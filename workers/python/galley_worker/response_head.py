"""What no response head may hold, whatever the interface."""

from __future__ import annotations

_CONTROL = bytes([*range(0x00, 0x09), *range(0x0B, 0x20), 0x7F])


def check_head(head: bytes, fields: int) -> None:
    """
    Raises ValueError where a head of so many fields, joined by LF, holds a control character (RFC 9110 §5.5). More LF than
    there are separators means that a field held one, and could have split the response in two.
    """
    if head.count(b'\n') != fields - 1 or len(head.translate(None, _CONTROL)) != len(head):
        raise ValueError(f'Cannot send a response head with control characters: {head!r}')
