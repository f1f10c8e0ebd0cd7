"""What an app is told when nobody waits for its answer any more."""

from __future__ import annotations

from typing import Optional


class ClientDisconnected(OSError):
    """The client left or a deadline passed: raised where an app sends or reads."""

    def __init__(self) -> None:
        super().__init__('The client disconnected')


def is_disconnect(error: Optional[BaseException]) -> bool:
    """
    Whether an app's exception only passes on that the client is gone: itself, raised from such a one, or a group of such. Frameworks
    also raise their own while they handle it, with "Disconnect" in its name; any other one that was raised then is a bug of the app.
    """
    for _ in range(32):
        if error is None:
            return False
        if isinstance(error, ClientDisconnected):
            return True
        grouped = getattr(error, 'exceptions', None)
        if isinstance(grouped, tuple) and grouped:
            return all(is_disconnect(each) for each in grouped)
        error = error.__cause__ or (error.__context__ if 'Disconnect' in type(error).__name__ else None)
    return False
