"""What a process keeps as long as it is in use."""

from __future__ import annotations

from foundation.remembered import Remembered


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def doubling(loaded: list[int], clock: Clock) -> Remembered[int, int]:
    def load(key: int) -> int:
        loaded.append(key)
        return 2 * key

    return Remembered(load, 100.0, clock)


def test_what_is_in_use_is_loaded_once_however_much_it_is() -> None:
    clock, loaded = Clock(), list[int]()
    double = doubling(loaded, clock)

    for _ in range(20):
        assert [double(key) for key in range(5000)] == [2 * key for key in range(5000)]
        clock.now += 60

    assert len(loaded) == 5000


def test_what_is_not_in_use_any_more_is_let_go() -> None:
    clock, loaded = Clock(), list[int]()
    double = doubling(loaded, clock)

    for key in range(50):
        double(key)
    for _ in range(5):
        clock.now += 30
        double(0)

    assert len(double) == 1
    assert double(7) == 14
    assert loaded == [*range(50), 7]
    double.forget()
    assert len(double) == 0
