"""The operator's pages of the pipeline: found, filtered, at a price that does not grow."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import PinterestAccount, User, Workspace
from pins.models import Attempt, AttemptState, DailyMetric, Media, Status
from tests.conftest import SignIn
from tests.support import factories

pytestmark = pytest.mark.django_db

MODELS = ["pin", "attempt", "media", "dailymetric"]


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


@pytest.mark.parametrize(
    "query",
    [
        *(f"late={what}" for what in ("any", "nothing", "next_try", "account", "nonsense")),
        "status__exact=failed&touched=day",
        "out=hour&origin__exact=composed",
        "account__health__exact=held",
    ],
)
def test_pins_are_filtered(query: str, operator: Client, shop: PinterestAccount, picture: Media) -> None:
    fill(shop, picture, 1)
    assert operator.get(f"/admin/pins/pin/?{query}").status_code == 200


def test_attempts_are_filtered_by_account_and_time(
    operator: Client, shop: PinterestAccount, picture: Media
) -> None:
    fill(shop, picture, 2)
    now = timezone.now()
    Attempt.objects.update(state=AttemptState.DEFERRED, code="rate_limited", settled_at=now)
    Attempt.objects.filter(pk=Attempt.objects.latest("pk").pk).update(settled_at=now - timedelta(hours=2))
    query = f"code__exact=rate_limited&state__exact=deferred&settled=hour&pin__account__id__exact={shop.pk}"
    found = operator.get(f"/admin/pins/attempt/?{query}")
    assert found.status_code == 200
    assert found.context["cl"].result_count == 1


def test_a_status_is_not_for_writing(operator: Client, shop: PinterestAccount) -> None:
    pin = factories.make_pin(shop.workspace, shop)
    data = {"status": "published", "title": "x"}
    data |= {
        f"{form}-{part}_FORMS": "0" for form in ("media_links", "attempts") for part in ("TOTAL", "INITIAL")
    }
    assert operator.post(f"/admin/pins/pin/{pin.pk}/change/", data).status_code == 403
    pin.refresh_from_db()
    assert (pin.status, pin.title) == (Status.DRAFT, "One vase, one desk")


def test_only_staff_come_in(client_of: SignIn, alice: User, workspace: Workspace) -> None:
    for model in MODELS:
        assert client_of(alice).get(f"/admin/pins/{model}/").status_code == 302
