from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.pinterest.limits import Limits, Window, parse

LONG = '60, 100;w=1;name="safety_net_app_id_user_id", 60;w=60;name="org_analytics_app_id_user_id"'


def test_the_long_form_names_every_window() -> None:
    found = parse({"x-ratelimit-limit": LONG, "x-ratelimit-remaining": "59", "x-ratelimit-reset": "37"})

    assert found == Limits(
        limit=60,
        remaining=59,
        reset_seconds=37.0,
        windows=(
            Window(100, 1, "safety_net_app_id_user_id"),
            Window(60, 60, "org_analytics_app_id_user_id"),
        ),
    )
    assert [window.category for window in found.windows] == ["safety_net", "org_analytics"]


def test_the_old_form_is_a_bare_number() -> None:
    found = parse({"x-ratelimit-limit": "1000", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "36.9"})

    assert found == Limits(limit=1000, remaining=0, reset_seconds=36.0)
    assert found.is_used_up


def test_without_the_first_number_the_tightest_window_binds() -> None:
    found = parse(
        {"x-ratelimit-limit": '100;w=1;name="safety_net", 100;w=60;name="org_write_app_id_user_id"'}
    )

    assert found is not None
    assert found.limit == 100
    assert [window.category for window in found.windows] == ["safety_net", "org_write"]


def test_a_name_may_hold_commas_and_semicolons() -> None:
    found = parse({"x-ratelimit-limit": '5, 7;w=60;name="a, b;c=1"'})

    assert found is not None
    assert found.windows == (Window(7, 60, "a, b;c=1"),)


@pytest.mark.parametrize("header", ["", "none", ";;;", '"', "-5", "1e9", "٣", "99999999999999999999", ",,,"])
def test_what_can_not_be_read_is_no_limit(header: str) -> None:
    assert parse({"x-ratelimit-limit": header}) is None


def test_nothing_is_known_without_headers() -> None:
    assert parse({}) is None


@given(st.text(max_size=300), st.text(max_size=30), st.text(max_size=30))
def test_survives_anything(limit: str, remaining: str, reset: str) -> None:
    parse({"x-ratelimit-limit": limit, "x-ratelimit-remaining": remaining, "x-ratelimit-reset": reset})
