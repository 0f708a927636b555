"""A stored time zone that this machine doesn't know: all is shown in UTC, says so, and asks for another."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import api_tokens, members
from accounts.models import PinterestAccount, User, Workspace
from pins.models import Pin, Status
from pins.notifications import notify
from tests.conftest import SignIn
from tests.integration.pinsched.test_tenancy import Things, signed_in
from tests.support import factories
from tests.support.every_page import admin_pages, in_a_line, opened, pages

pytestmark = pytest.mark.django_db

AT = datetime(2027, 7, 1, 12, 30, tzinfo=UTC)
WITHIN = '<main id="main" class="wrap"'  # a page of the workspace, not one for who is signed out


def lose(workspace: Workspace, name: str = "Mars/Olympus") -> None:
    """As an older release, another machine's data or a hand in the database may have left it."""
    Workspace.objects.filter(pk=workspace.pk).update(time_zone=name)
    workspace.refresh_from_db()


@pytest.fixture
def alices(workspace: Workspace) -> Things:
    things = Things(workspace)
    Pin.objects.filter(pk=things.pin.pk).update(publish_at=AT)
    return things


@pytest.mark.parametrize("name", ["Mars/Olympus", "<b>UTC</b>"])
def test_every_page_is_shown_says_utc_and_leads_to_the_choice(
    name: str, alices: Things, alice: User, client_of: SignIn
) -> None:
    lose(alices.workspace, name)
    found = opened(signed_in(client_of, alice), pages(alices))
    found = {address: text for address, text in found.items() if WITHIN in text}
    assert {"/", "/pins/", "/pins/calendar/", "/settings/", "/profile/", "/notifications/"} <= set(found)
    for address, text in found.items():
        assert "Times are shown in UTC." in text, address
        assert 'href="/settings/">Choose the workspace’s time zone' in text, address
        assert "<b>UTC</b>" not in text, address


def test_the_admin_is_shown_too(alices: Things, operator: Client) -> None:
    lose(alices.workspace)
    User.objects.filter(pk=alices.owner.pk).update(time_zone="Mars/Olympus")
    found = opened(operator, admin_pages(alices))
    inside = found[f"/admin/support/{alices.workspace.pk}/"]
    assert "this server doesn’t know its zone, “Mars/Olympus”" in inside


def test_times_are_utcs(alices: Things, alice: User, client_of: SignIn) -> None:
    lose(alices.workspace)
    client = client_of(alice)
    month = client.get("/pins/calendar/2027/7/").text
    assert "12:30 One vase" in month
    assert "Times in UTC</p>" in month
    assert "Times in UTC. </p>" in in_a_line(client.get("/").text)
    form = client.get(f"/pins/compose/?batch={alices.pin.pk}").context["when"]
    assert (form.initial["time"].hour, form.fields["time"].label) == (12, "Time, UTC")


def test_what_is_typed_is_taken_as_utc_and_goes_out_then(
    alices: Things, offline: PinterestAccount, alice: User, client_of: SignIn
) -> None:
    lose(alices.workspace)
    pin = factories.make_pin(alices.workspace, offline, status=Status.SCHEDULED, picture=alices.media)
    soon = (timezone.now() + timedelta(days=30)).date()
    typed = {"date": soon.isoformat(), "time": "09:00"}
    assert client_of(alice).post(f"/pins/{pin.pk}/reschedule/", typed).status_code == 302
    pin.refresh_from_db()
    assert pin.publish_at == datetime(soon.year, soon.month, soon.day, 9, tzinfo=UTC)


def test_a_viewer_is_told_who_can_choose(alices: Things, vera: User, client_of: SignIn) -> None:
    lose(alices.workspace)
    text = client_of(vera).get("/pins/").text
    assert "An owner or admin can choose another." in text
    assert "Choose the workspace’s time zone" not in text


def test_the_settings_ask_and_nobody_moves_to_utc_by_saving_a_name(
    workspace: Workspace, alice: User, client_of: SignIn
) -> None:
    lose(workspace)
    client = client_of(alice)
    page = client.get("/settings/")
    assert '<option value="" selected>Choose a time zone</option>' in page.text
    refused = client.post("/settings/", {"name": "Renamed", "time_zone": ""})
    assert (refused.status_code, "time_zone" in refused.context["form"].errors) == (422, True)
    workspace.refresh_from_db()
    assert workspace.time_zone == "Mars/Olympus"
    assert client.post("/settings/", {"name": "Renamed", "time_zone": "Asia/Tokyo"}).status_code == 302
    assert "Times are shown in UTC." not in client.get("/").text


def test_a_person_whose_zone_is_lost_is_asked_on_every_page_and_in_the_profile(
    workspace: Workspace, alice: User, client_of: SignIn
) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone="Mars/Olympus")
    client = client_of(alice)
    for address in ("/", "/pins/", "/profile/"):
        text = client.get(address).text
        assert "Mails to you say times in UTC." in text
        assert 'href="/profile/">Choose yours' in text
    assert '<option value="" selected>Choose a time zone</option>' in client.get("/profile/").text
    sent = {"name": "Alice", "time_zone": "Asia/Calcutta", "theme": "system"}
    assert client.post("/profile/", sent).status_code == 302
    alice.refresh_from_db()
    assert alice.time_zone == "Asia/Kolkata"
    assert "Mails to you" not in client.get("/").text


def test_mails_are_sent_in_utc_and_say_why(
    workspace: Workspace, alice: User, offline: PinterestAccount
) -> None:
    lose(workspace)
    User.objects.filter(pk=alice.pk).update(time_zone="Mars/Olympus")
    end = datetime.fromisoformat("2027-03-02T20:30:00+00:00")
    PinterestAccount.objects.filter(pk=offline.pk).update(refresh_expires_at=end)
    notify.tell(now=end - timedelta(days=10))
    assert notify.mail(now=end - timedelta(days=10)) == 1
    (message,) = mail.outbox
    assert isinstance(message, mail.EmailMultiAlternatives)
    for body in (str(message.body), str(message.alternatives[0][0])):
        assert "ends Tuesday 2 March 2027, 20:30 (UTC)" in body
        assert "PinSched knows no time zone named “Mars/Olympus”." in body


def test_api_and_export_answer(alices: Things, alice: User, client_of: SignIn) -> None:
    lose(alices.workspace)
    _, plain = api_tokens.issue(alice, alices.workspace, name="Script")
    headers = {"Authorization": f"Bearer {plain}"}
    found = Client().get("/api/v1/pins", headers=headers).json()["items"]
    assert [pin["publish_at"] for pin in found] == ["2027-07-01T12:30:00Z"]
    archive = b"".join(client_of(alice).get("/pins/export/"))
    assert archive.startswith(b"PK")


# Old spellings are no lost zones ---------------------------------------------------------------------------


def test_a_stored_old_spelling_shows_its_place_as_it_is_called_today(
    alices: Things, alice: User, client_of: SignIn
) -> None:
    """Rows of before the renaming: all pages know the place, whatever names the machine's data has."""
    lose(alices.workspace, "Asia/Calcutta")
    client = client_of(alice)
    page = client.get("/pins/calendar/2027/7/").text
    assert "18:00 One vase" in page
    assert "Times in Kolkata, UTC+5:30" in page
    assert "Times are shown in UTC." not in page
    assert re.search(r'<option value="Asia/Kolkata" selected>', client.get("/settings/").text)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("US/Pacific", "America/Los_Angeles"),
        ("Europe/Kiev", "Europe/Kyiv"),
    ],
)
def test_every_form_stores_the_name_of_today(
    said: str, kept: str, workspace: Workspace, alice: User, client_of: SignIn
) -> None:
    client = client_of(alice)
    assert client.post("/settings/", {"name": "A", "time_zone": said}).status_code == 302
    assert Workspace.objects.get().time_zone == kept
    lose(workspace, "UTC")
    assert client.post("/settings/time-zone/", {"time_zone": said}).status_code == 302
    assert Workspace.objects.get().time_zone == kept
    assert client.post("/workspaces/new/", {"name": "Second", "time_zone": said}).status_code == 302
    assert Workspace.objects.get(name="Second").time_zone == kept
    client.post("/profile/", {"name": "Alice", "time_zone": said, "theme": "system"})
    alice.refresh_from_db()
    assert alice.time_zone == kept


def test_verbs_store_the_name_of_today_whoever_calls_them(alice: User) -> None:
    made = members.create_workspace(alice, name="Third", time_zone="US/Pacific")
    assert made.time_zone == "America/Los_Angeles"


def test_the_migration_renames_what_is_stored_and_leaves_what_nobody_knows(alice: User) -> None:
    rename = import_module("accounts.migrations.0008_time_zones_of_today").rename
    names = ["Asia/Calcutta", "Europe/Lisbon", "Mars/Olympus", "US/Pacific"]
    for name in names:
        lose(members.create_workspace(alice, name=name), name)
    User.objects.update(time_zone="GB")
    rename(apps, None)
    found = list(Workspace.objects.order_by("pk").values_list("time_zone", flat=True))
    assert found == ["Asia/Kolkata", "Europe/Lisbon", "Mars/Olympus", "America/Los_Angeles"]
    assert User.objects.get().time_zone == "Europe/London"
