"""Lists of Pins: filters, pages, and what they cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Board, BoardSection, PinterestAccount, Workspace
from pins.models import Media, Pin, Status
from tests.integration.api.conftest import Caller
from tests.support import factories

pytestmark = pytest.mark.django_db


def test_filters(
    as_bob: Caller, workspace: Workspace, shop: PinterestAccount, board: Board, picture: Media
) -> None:
    other = factories.make_account(workspace, username="other")
    factories.make_board(other, name="Lamps")
    at = datetime(2031, 1, 1, tzinfo=UTC)
    early = factories.make_pin(workspace, shop, status=Status.SCHEDULED, publish_at=at, title="Vase of glass")
    late = factories.make_pin(
        workspace, other, status=Status.SCHEDULED, publish_at=at + timedelta(days=1), description="Two VASEs"
    )
    draft = factories.make_pin(workspace, shop, title="100%", link="https://vase.example/")

    def found(query: str) -> list[str]:
        answer = as_bob.get(f"pins?{query}")
        assert answer.status == 200, answer
        return [one["id"] for one in answer.body["items"]]

    e, l, d = (f"pin_{pin.pk}" for pin in (early, late, draft))  # noqa: E741
    assert found("") == [d, l, e]
    assert found("status=scheduled") == [l, e]
    assert found(f"account=acc_{shop.pk}") == [d, e]
    assert found(f"board=brd_{late.board_id}") == [l]
    assert found("q=vase") == [d, l, e]
    assert found("q=100%25") == [d]
    assert found("q=_") == []
    assert found("from=2031-01-01T00:00:00Z&to=2031-01-02T00:00:00Z") == [e]
    assert found("from=2031-01-01T00:00:01Z") == [l]
    assert found("to=2031-01-01T02:00:00%2B02:00") == []
    assert found("to=2031-01-01T02:00:01+02:00") == [e]  # the plus came as a blank
    assert found("from=2031-01-01T00:00:00Z&to=2031-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=deleted", "status"),
        ("status=", "status"),
        ("account=acc_0", "account"),
        ("account=1", "account"),
        ("account=acc_99999999999999999999", "account"),
        ("account=acc_9223372036854775807", "account"),
        ("board=acc_1", "board"),
        ("from=2031-01-01T00:00:00", "from"),
        ("to=2031-01-01", "to"),
        ("from=2031-01-02T00:00:00Z&to=2031-01-01T00:00:00Z", "to"),
        ("q=%00", "q"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("cursor=nonsense", "cursor"),
        ("cursor=%00", "cursor"),
        ("cursor=cGluczox%F0%9F%AA%B4", "cursor"),
        ("cursor=YWNjb3VudHM6MQ", "cursor"),  # accounts:1
        ("cursor=cGluczo5OTk5OTk5OTk5OTk5OTk5OTk5", "cursor"),  # more than a BIGINT
        ("cursor=cGluczotLS0", "cursor"),  # pins:---
        ("acount=acc_1", "acount"),
        ("status=draft&status=failed", "status"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(as_bob: Caller, query: str, field: str) -> None:
    answer = as_bob.get(f"pins?{query}")
    assert (answer.status, list(answer.fields)) == (422, [field])


def test_pages_stay_put_while_pins_come_and_go(
    as_bob: Caller, workspace: Workspace, shop: PinterestAccount, board: Board
) -> None:
    made = [f"pin_{factories.make_pin(workspace, shop).pk}" for _ in range(7)]
    seen: list[str] = []
    address = "pins?limit=3&status=draft"
    while address:
        page = as_bob.get(address.removeprefix("http://localhost:8000"))
        assert page.status == 200, page
        seen += [one["id"] for one in page.body["items"]]
        address = page.body["next"] or ""
        if address:
            assert address.startswith("http://localhost:8000/api/v1/pins?")
            assert "status=draft" in address
            assert "limit=3" in address
        factories.make_pin(workspace, shop)  # comes in front: no later page shows it or repeats another
        Pin.objects.filter(pk=int(seen[-1].removeprefix("pin_"))).delete()
    assert seen == made[::-1]


def test_a_full_last_page_has_no_next(as_bob: Caller, workspace: Workspace) -> None:
    for _ in range(2):
        factories.make_pin(workspace)
    assert as_bob.get("pins?limit=2").body["next"] is None


@pytest.mark.parametrize("path", ["pins?limit=200", "boards", "accounts"])
def test_a_list_costs_the_same_queries_whatever_its_length(
    as_bob: Caller,
    path: str,
    workspace: Workspace,
    shop: PinterestAccount,
    board: Board,
    picture: Media,
    django_assert_max_num_queries: Any,
) -> None:
    factories.make_pin(workspace, shop, picture=picture)
    as_bob.get(path)
    with django_assert_max_num_queries(12) as few:
        as_bob.get(path)
    for number in range(25):
        account = factories.make_account(workspace, username=f"more{number}")
        extra = factories.make_board(account, name=f"Board {number}")
        BoardSection.objects.create(board=extra, pinterest_id=f"4{number}", name="Section")
        factories.make_pin(workspace, account, picture=picture)
    with django_assert_max_num_queries(len(few)) as many:
        assert len(as_bob.get(path).body["items"]) == 26
    assert len(many) == len(few) <= 6
