"""Telling an app's own exception from one that only passes a disconnect on."""

from __future__ import annotations

import builtins
import sys
import unittest
from typing import Any

from galley_worker.disconnect import ClientDisconnected, is_disconnect


class ClientDisconnect(Exception):
    """As Starlette raises for an OSError of `send`."""


class WebSocketDisconnected(Exception):
    """As Falcon does."""


def raised(outer: BaseException, inner: BaseException) -> BaseException:
    """`outer`, raised while `inner` was handled."""
    try:
        try:
            raise inner
        except BaseException:
            raise outer
    except BaseException as error:
        return error


class DisconnectTest(unittest.TestCase):
    def test_it_is_an_os_error(self) -> None:
        self.assertIsInstance(ClientDisconnected(), OSError)

    def test_one_that_another_was_raised_from_counts(self) -> None:
        wrapped = RuntimeError()
        wrapped.__cause__ = ClientDisconnected()
        for error in (ClientDisconnected(), wrapped, raised(wrapped, LookupError())):
            self.assertTrue(is_disconnect(error))
        for other in (LookupError(), OSError('of the app'), None):
            self.assertFalse(is_disconnect(other))

    def test_the_word_of_a_framework_for_it_counts(self) -> None:
        self.assertTrue(is_disconnect(raised(ClientDisconnect(), ClientDisconnected())))
        self.assertTrue(is_disconnect(raised(WebSocketDisconnected(), raised(ClientDisconnect(), ClientDisconnected()))))
        self.assertFalse(is_disconnect(raised(ClientDisconnect(), LookupError())))

    def test_a_bug_on_the_way_out_does_not_count(self) -> None:
        self.assertFalse(is_disconnect(raised(KeyError('in finally'), ClientDisconnected())))
        self.assertFalse(is_disconnect(raised(KeyError('in finally'), raised(ClientDisconnect(), ClientDisconnected()))))

    def test_a_cause_that_leads_back_to_itself_ends(self) -> None:
        first, second = RuntimeError(), RuntimeError()
        first.__cause__, second.__cause__ = second, first
        self.assertFalse(is_disconnect(first))

    @unittest.skipIf(sys.version_info < (3, 11), 'exception groups came with 3.11')
    def test_a_group_counts_when_all_in_it_do(self) -> None:
        group: Any = getattr(builtins, 'ExceptionGroup')
        self.assertTrue(is_disconnect(group('', [ClientDisconnected(), ClientDisconnected()])))
        self.assertFalse(is_disconnect(group('', [ClientDisconnected(), LookupError()])))


if __name__ == '__main__':
    unittest.main()
