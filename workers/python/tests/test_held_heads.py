"""How long a head waits for its body, told by a clock of this test."""

from __future__ import annotations

import unittest
from typing import Any, Callable, List, Tuple

from galley_worker.asgi.held_heads import HELD_BACK, HeldHeads


class Clock:
    """The part of an event loop that has to do with time."""

    def __init__(self) -> None:
        self._now = 0
        self.timers: List[Tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self._now / 1000

    def call_at(self, when: float, callback: Callable[[], None]) -> None:
        self.timers.append((when, callback))

    def to(self, milliseconds: int) -> None:
        """Goes on to that time, tick by tick."""
        while self._now < milliseconds:
            self._now += 1
            due = [timer for timer in self.timers if timer[0] <= self.time()]
            self.timers = [timer for timer in self.timers if timer[0] > self.time()]
            for _, callback in due:
                callback()


class Head:
    """A response as far as holding it goes."""

    def __init__(self, clock: Clock, is_held: bool = True) -> None:
        self._clock = clock
        self.head = object() if is_held else None
        self.released = -1.0

    def release(self) -> None:
        self.released = self._clock.time()


class HeldHeadsTest(unittest.TestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        loop: Any = self.clock
        self.heads = HeldHeads(loop)

    def begin(self, is_held: bool = True) -> Head:
        head: Any = Head(self.clock, is_held)
        self.heads.begun.append(head)
        self.heads.keep()
        made: Head = head
        return made

    def test_each_head_is_released_in_its_own_time(self) -> None:
        heads: List[Head] = []
        for began in (0, 1, 49, 50, 51, 120):
            self.clock.to(began)
            heads.append(self.begin())
        self.clock.to(300)
        for head, began in zip(heads, (0, 1, 49, 50, 51, 120)):
            self.assertAlmostEqual(head.released, began / 1000 + HELD_BACK, delta=0.0015)

    def test_one_timer_does_for_all(self) -> None:
        for began in range(40):
            self.clock.to(began)
            self.begin()
            self.assertEqual(len(self.clock.timers), 1)
        self.clock.to(200)
        self.assertEqual(self.clock.timers, [])

    def test_a_head_that_has_left_needs_no_timer(self) -> None:
        head = self.begin(is_held=False)
        self.assertEqual((self.clock.timers, self.heads.begun, head.released), ([], [], -1.0))


if __name__ == '__main__':
    unittest.main()
