"""The operator's pages of the pipeline: found, filtered, at a price that does not grow, with two actions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import PinterestAccount, User, Workspace
from pins.models import Attempt, AttemptState, DailyMetric, Media, Pin, Status
from tests import factories

pytestmark = pytest.mark.django_db

MODELS = ["pin", "attempt", "media", "dailymetric"]


@pytest.fixture
def operator(client_of: Any) -> Client:
    browser: Client = client_of(User.objects.create_superuser("root@example.com", "correct-horse-battery"))
    return browser


@pytest.fixture
def shop(workspace: Workspace) -> PinterestAccount:
    found = factories.make_account(workspace, username="shop")
    factories.make_board(found)
    return found


@pytest.fixture
def picture(workspace: Workspace) -> Media:
    return factories.make_media(workspace, ready=False)


def fill(shop: PinterestAccount, picture: Media, number: int) -> None:
    now = timezone.now()
    for n in range(number):
        pin = factories.make_pin(shop.workspace, shop, status=Status.PUBLISHED, picture=picture)
        Attempt.objects.create(pin=pin, state=AttemptState.SUCCEEDED, started_at=now, lease_until=now)
        DailyMetric.objects.create(pin=pin, account=shop, day=date(2026, 1, 1) + timedelta(n), read_at=now)
        Media.objects.filter(pk=picture.pk).update(status="ready")
        copy = Media.objects.get(pk=picture.pk)
        copy.pk = None
        copy.save()


@pytest.mark.parametrize("model", MODELS)
def test_lists_cost_the_same_with_many_rows(
    model: str, operator: Client, shop: PinterestAccount, picture: Media
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert operator.get(f"/admin/pins/{model}/").status_code == 200
        return len(found)

    fill(shop, picture, 5)
    queries()
    before = queries()
    fill(shop, picture, 45)
    assert queries() == before <= 12


@pytest.mark.parametrize("model", MODELS)
def test_rows_can_be_searched_and_opened_but_not_written(
    model: str, operator: Client, shop: PinterestAccount, picture: Media
) -> None:
    fill(shop, picture, 1)
    for query in ("", "q=vase", "q=9999999999999999999999", "q=%00", "q=1", "q=photo"):
        assert operator.get(f"/admin/pins/{model}/?{query}").status_code == 200
    found = operator.get(f"/admin/pins/{model}/")
    row = found.context["cl"].result_list[0]
    page = operator.get(f"/admin/pins/{model}/{row.pk}/change/")
    assert page.status_code == 200
    assert "_test" not in page.content.decode()  # no token
    assert operator.get(f"/admin/pins/{model}/add/").status_code == 403
    assert operator.post(f"/admin/pins/{model}/{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_status_is_not_for_writing(operator: Client, shop: PinterestAccount) -> None:
    pin = factories.make_pin(shop.workspace, shop)
    data = {"status": "published", "title": "x"}
    data |= {
        f"{form}-{part}_FORMS": "0" for form in ("media_links", "attempts") for part in ("TOTAL", "INITIAL")
    }
    operator.post(f"/admin/pins/pin/{pin.pk}/change/", data)
    pin.refresh_from_db()
    assert (pin.status, pin.title) == (Status.DRAFT, "One vase, one desk")


def act(operator: Client, action: str, pins: list[Pin]) -> list[str]:
    answer = operator.post(
        "/admin/pins/pin/", {"action": action, "_selected_action": [str(pin.pk) for pin in pins]}
    )
    assert answer.status_code == 302
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_retry_queues_failed_pins_and_says_which_it_could_not(
    operator: Client, shop: PinterestAccount, picture: Media, django_capture_on_commit_callbacks: Any
) -> None:
    failed = [
        factories.make_pin(shop.workspace, shop, status=Status.FAILED, picture=picture, reason_code="refused")
        for _ in range(3)
    ]
    bare = factories.make_pin(shop.workspace, shop, status=Status.FAILED)
    draft = factories.make_pin(shop.workspace, shop)
    with django_capture_on_commit_callbacks() as asked:
        said = act(operator, "retry", [*failed, bare, draft])
    assert len(asked) == 1  # the dispatcher
    assert said[0] == "3 Pins queued again."
    assert sorted(said[1:]) == [
        "1 Pin not queued again: Add a picture.",
        "1 Pin not queued again: Only a failed Pin can be tried again.",
    ]
    assert [pin.status for pin in Pin.objects.order_by("pk")] == ["scheduled"] * 3 + ["failed", "draft"]
    assert not Pin.objects.filter(status="scheduled").exclude(reason_code="").exists()


def test_hold_takes_scheduled_pins_out_of_the_queue(operator: Client, shop: PinterestAccount) -> None:
    queued = [factories.make_pin(shop.workspace, shop, status=Status.SCHEDULED) for _ in range(2)]
    gone = factories.make_pin(shop.workspace, shop, status=Status.PUBLISHING)
    said = act(operator, "hold", [*queued, gone])
    assert said == [
        "2 Pins held as drafts.",
        "1 Pin not held as drafts: This Pin isn’t waiting in the queue any more.",
    ]
    assert [pin.status for pin in Pin.objects.order_by("pk")] == ["draft", "draft", "publishing"]


def test_only_staff_come_in(client_of: Any, alice: User, workspace: Workspace) -> None:
    for model in MODELS:
        assert client_of(alice).get(f"/admin/pins/{model}/").status_code == 302
