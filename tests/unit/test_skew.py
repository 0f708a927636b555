"""Which of several readings of one clock are believed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from accounts.skew import Span, Standing, agreed

TRUE = 180.0
SECONDS = st.floats(0, 20)


def around(seconds: float, before: float = 1.0, after: float = 0.2) -> Span:
    return Span(seconds - before, seconds + after)


@given(st.lists(st.tuples(SECONDS, SECONDS), min_size=1, max_size=9))
def test_honest_readings_meet_where_the_truth_is(widths: list[tuple[float, float]]) -> None:
    found = agreed([around(TRUE, *width) for width in widths])
    assert found
    assert found.lowest <= TRUE <= found.highest


@given(
    st.lists(st.tuples(SECONDS, SECONDS), min_size=5, max_size=9),
    st.lists(st.floats(-1e9, 1e9), max_size=4),
    st.randoms(use_true_random=False),
)
def test_a_minority_of_odd_ones_changes_nothing_much(
    widths: list[tuple[float, float]], odd: list[float], dice: object
) -> None:
    honest = [around(TRUE, *width) for width in widths]
    found = agreed([*honest, *map(around, odd)])
    assert found
    assert any(found.meets(each) for each in honest)


def test_without_a_majority_nothing_is_agreed_on() -> None:
    assert agreed([]) is None
    assert agreed([around(0), around(180)]) is None
    assert agreed([around(0), around(180), around(0)]) == around(0)


def test_who_disagrees_within_what_is_looked_back_anyway_stops_nothing() -> None:
    apart = Standing((around(0), around(180)), None)
    assert not apart.exceeds(600)
    assert apart.exceeds(120)
    assert Standing((around(0), around(4000)), None).exceeds(600)
    assert not Standing((), None).exceeds(0)
