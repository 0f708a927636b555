"""A picture given by address that can't be had: tried again, told before the Pin's time, fetched again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from email.utils import formatdate
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from accounts.fetch import allow_list
from accounts.models import PinterestAccount, User, Workspace
from pins import operations
from pins.compose import drafts
from pins.media import download, preparing
from pins.models import Media, MediaStatus, Notification, Pin, Status
from pins.notifications import notify
from pins.schedule import queue
from tests.conftest import SignIn, Time
from tests.integration.api.conftest import Caller
from tests.support import factories
from tests.support.ticks import fresh, send_all
from tests.support.waiting import wait_until
from tests.unit.tiny_server import TinyServer, answer, serving

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_bob(bob: User, workspace: Workspace) -> Caller:
    return Caller(bob, workspace)


class Shop:
    """A web server that says `status` until it is told otherwise, and then has a picture."""

    status, headers = 200, ""

    def __init__(self, server: TinyServer) -> None:
        self.server = server

    def __call__(self, connection: Any, number: int) -> None:
        raw = factories.jpeg() if self.status == 200 else b""
        answer(connection, status=self.status, headers=self.headers, raw=raw)


@pytest.fixture
def shop(settings: Any) -> Iterator[Shop]:
    def handle(connection: Any, number: int) -> None:
        found(connection, number)

    with serving(handle) as server:
        found = Shop(server)
        settings.FETCH_ALLOW = allow_list(server.url.removeprefix("http://"))
        yield found


@pytest.fixture
def picture(workspace: Workspace, shop: Shop) -> Media:
    url = f"{shop.server.url}/vase.jpg"
    return download.accept(workspace, url=url, user=None, now=timezone.now())


@pytest.fixture
def pin(offline: PinterestAccount, picture: Media) -> Pin:
    """Scheduled two days ahead with that picture."""
    made = factories.make_pin(offline.workspace, offline, picture=picture)
    queue.schedule(made, at=timezone.now() + timedelta(days=2), now=timezone.now())
    return fresh(made)


def fetch_due(clock: Time) -> int:
    """What the ticks do now; how many pictures were asked for."""
    pks = download.hand_out(now=clock())
    for pk in pks:
        if download.bring(pk, clock=clock):
            preparing.prepare(pk)
    return len(pks)


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def again(found: Media) -> Media:
    return Media.objects.get(pk=found.pk)


@pytest.mark.parametrize(
    "status", [500, 502, 503, 504, 520, 599, 202, 408, 409, 420, 421, 423, 425, 429, 499]
)
def test_a_server_that_is_away_for_a_moment_is_asked_again(
    shop: Shop, picture: Media, clock: Time, status: int
) -> None:
    shop.status = status
    fetch_due(clock)
    found = again(picture)
    assert (found.status, found.reason_code) == (MediaStatus.PROCESSING, "unavailable")
    shop.status = 200
    assert fetch_due(clock) == 0  # not at once
    clock.passes(11)
    assert fetch_due(clock) == 1
    found = again(picture)
    assert (found.status, found.reason_code, found.fetch_tries) == (MediaStatus.READY, "", 0)


@pytest.mark.parametrize("url", ["http://nobody.invalid/a.jpg", "http://127.0.0.1:9/a.jpg"])
def test_no_such_name_and_no_connection_may_pass_too(
    workspace: Workspace, settings: Any, clock: Time, url: str
) -> None:
    settings.FETCH_ALLOW = allow_list("127.0.0.1:9")
    found = download.accept(workspace, url=url, user=None, now=clock())
    fetch_due(clock)
    assert (again(found).status, again(found).fetch_tries) == (MediaStatus.PROCESSING, 1)


@pytest.mark.parametrize("status", [401, 403, 404, 410, 418, 451])
def test_a_no_is_a_no(shop: Shop, picture: Media, clock: Time, status: int) -> None:
    shop.status = status
    fetch_due(clock)
    assert again(picture).status == MediaStatus.FAILED
    clock.passes(7200)
    assert fetch_due(clock) == 0


@pytest.mark.parametrize("said", ["Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 99999 23:59:59 GMT", "soon"])
def test_a_no_stays_one_beside_a_pause_that_nobody_can_read(
    shop: Shop, picture: Media, clock: Time, said: str
) -> None:
    shop.status, shop.headers = 404, f"Retry-After: {said}\r\n"
    fetch_due(clock)
    assert again(picture).status == MediaStatus.FAILED


@pytest.mark.parametrize("status", [400, 403, 404, 410, 418])
def test_a_no_that_says_when_to_come_back_passes(
    shop: Shop, picture: Media, clock: Time, status: int
) -> None:
    shop.status, shop.headers = status, "Retry-After: 40\r\n"
    fetch_due(clock)
    due = again(picture).fetch_at
    assert due is not None
    assert 35 < (due - clock()).total_seconds() <= 40


def test_the_waits_grow_and_end_after_a_day(shop: Shop, picture: Media, clock: Time) -> None:
    shop.status, waits, began = 503, [], clock()
    while again(picture).status == MediaStatus.PROCESSING:
        due = again(picture).fetch_at
        assert due is not None
        clock.passes(max(0.0, (due - clock()).total_seconds()) + 0.1)
        fetch_due(clock)
        found = again(picture)
        if found.fetch_at:
            waits.append(round((found.fetch_at - due).total_seconds() / 10) * 10)
    assert waits[:4] == [10, 20, 40, 80]
    assert max(waits) == 3600
    assert timedelta(days=1) <= clock() - began < timedelta(days=1, hours=1, minutes=1)
    assert "tried for a day" in again(picture).reason_message


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        ("a date", 300),
        ("5", 10),  # our own wait is longer
        ("99999999999999999999", 6 * 3600),
        ("Fri, 31 Dec 99999 23:59:59 GMT", 10),
        ("soon", 10),
        ("-5", 10),
        ("by their clock", 300),
    ],
)
def test_a_server_may_ask_for_a_longer_pause(
    shop: Shop, picture: Media, clock: Time, said: str, seconds: int
) -> None:
    if said == "a date":
        said = formatdate(time.time() + seconds, usegmt=True)
    shop.status, shop.headers = 429, f"Retry-After: {said}\r\n"
    if said == "by their clock":
        shop.headers = "Date: Mon, 19 Oct 2026 11:00:00 GMT\r\nRetry-After: Mon, 19 Oct 2026 11:05:00 GMT\r\n"
    fetch_due(clock)
    due = again(picture).fetch_at
    assert due is not None
    assert abs((due - clock()).total_seconds() - seconds) < 5


# What people see and can do --------------------------------------------------------------------------------


def test_a_queued_pin_says_at_once_that_its_picture_is_missing(
    shop: Shop, pin: Pin, clock: Time, as_bob: Caller, bob: User, client_of: SignIn
) -> None:
    shop.status = 503
    fetch_due(clock)
    said = as_bob.get(f"pins/pin_{pin.pk}").body
    assert (said["status"], said["reason"]["code"]) == ("scheduled", "media_unfetched")
    assert "503" in said["reason"]["message"]
    assert as_bob.get(f"media/med_{pin.cover.pk}").body["reason"]["code"] == "unavailable"  # type: ignore[union-attr]
    page = client_of(bob).get(f"/pins/{pin.pk}/").content.decode()
    assert "503" in page
    assert "Fetch again" in page
    shop.status = 404
    clock.passes(11)
    fetch_due(clock)
    assert as_bob.get(f"pins/pin_{pin.pk}").body["reason"]["code"] == "media_failed"
    listed = client_of(bob).get("/pins/?status=without_picture").content.decode()
    assert "Picture missing" in listed


def test_retry_fetches_the_picture_again(
    shop: Shop, pin: Pin, clock: Time, as_bob: Caller, bob: User
) -> None:
    shop.status = 404
    fetch_due(clock)
    shop.status = 200
    answered = as_bob.post(f"pins/pin_{pin.pk}/retry")
    assert (answered.status, answered.body["status"], answered.body["reason"]) == (200, "scheduled", None)
    assert fetch_due(clock) == 1
    assert again(pin.cover).status == MediaStatus.READY  # type: ignore[arg-type]
    assert as_bob.post(f"pins/pin_{pin.pk}/retry").status == 409  # nothing to try again


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_a_retry_and_an_edit_at_once_do_not_wait_for_each_other(shop: Shop, pin: Pin, clock: Time) -> None:
    shop.status = 404
    fetch_due(clock)
    clock.passes(2 * 86_400)
    send_all(clock)
    found, picture = fresh(pin), again(pin.cover)  # type: ignore[arg-type]
    assert found.status == Status.FAILED
    done: list[Pin] = []

    def retry() -> None:
        try:
            queue.retry(found, now=clock())
            done.append(found)
        finally:
            connection.close()

    thread = threading.Thread(target=retry)
    with transaction.atomic():  # an edit: the Pin's row first, then its picture's
        edited = Pin.objects.select_for_update().get(pk=pin.pk)
        thread.start()
        wait_until(somebody_waits, what="the retry to wait for the edit")
        drafts.change(edited, content=drafts.content_of(edited), media=[picture])
    thread.join()
    assert done
    assert (fresh(pin).status, again(picture).status) == (Status.SCHEDULED, MediaStatus.PROCESSING)


def test_a_pin_that_failed_for_its_picture_is_retried_with_it(
    shop: Shop, pin: Pin, clock: Time, as_bob: Caller, bob: User
) -> None:
    shop.status = 404
    fetch_due(clock)
    clock.passes(2 * 86_400)
    send_all(clock)
    assert fresh(pin).status == Status.FAILED
    shop.status = 200
    assert as_bob.post(f"pins/pin_{pin.pk}/retry").status == 200
    assert fetch_due(clock) == 1
    assert (fresh(pin).status, fresh(pin).cover.status) == (Status.SCHEDULED, MediaStatus.READY)  # type: ignore[union-attr]


def test_fetch_again_on_the_page(shop: Shop, pin: Pin, clock: Time, bob: User, client_of: SignIn) -> None:
    shop.status = 404
    fetch_due(clock)
    shop.status = 200
    client_of(bob).post(f"/pins/{pin.pk}/retry/")
    assert fetch_due(clock) == 1
    assert not fresh(pin).why.code


def test_fetch_again_in_the_composer(
    shop: Shop, picture: Media, clock: Time, bob: User, charlie: User, client_of: SignIn
) -> None:
    shop.status = 404
    fetch_due(clock)
    address = f"/pins/compose/picture/{picture.pk}/again/"
    assert client_of(charlie).post(address).status_code == 404
    shop.status = 200
    item = client_of(bob).post(address).content.decode()
    assert "Fetch again" not in item
    assert fetch_due(clock) == 1


def test_what_came_and_was_none_is_fetched_anew(workspace: Workspace, settings: Any, clock: Time) -> None:
    whole = factories.jpeg()
    files = [whole[:600] + b"\0" * 100, whole]
    with serving(lambda connection, number: answer(connection, raw=files[min(number, 1)])) as server:
        settings.FETCH_ALLOW = allow_list(server.url.removeprefix("http://"))
        found = download.accept(workspace, url=f"{server.url}/a.jpg", user=None, now=clock())
        fetch_due(clock)
        assert again(found).status == MediaStatus.FAILED
        assert download.again(again(found), now=clock())
        assert fetch_due(clock) == 1
    assert again(found).status == MediaStatus.READY


def test_people_are_told_before_the_pins_time_and_once(
    shop: Shop, pin: Pin, clock: Time, alice: User
) -> None:
    shop.status = 404
    fetch_due(clock)
    notify.tell(now=clock())
    told = Notification.objects.get(kind="picture")
    assert (told.pin_id, told.about_at) == (pin.pk, pin.publish_at)
    assert notify.mail(now=clock()) == 1
    assert "The picture of" in mail.outbox[0].subject
    clock.passes(3600)
    notify.tell(now=clock())
    assert Notification.objects.filter(kind="picture").count() == 1
    shop.status = 200
    queue.retry(fresh(pin), now=clock())
    fetch_due(clock)
    notify.tell(now=clock())
    assert not Notification.objects.open().exists()


def test_one_that_may_pass_is_told_when_it_lasts(shop: Shop, pin: Pin, clock: Time) -> None:
    shop.status = 503
    for seconds, number in ((0, 0), (60, 0), (300, 1)):
        clock.passes(seconds)
        fetch_due(clock)
        notify.tell(now=clock())
        assert Notification.objects.filter(kind="picture").count() == number


def test_one_that_may_pass_is_told_at_once_when_the_pin_goes_soon(shop: Shop, pin: Pin, clock: Time) -> None:
    queue.schedule(pin, at=clock() + timedelta(minutes=10), now=clock())
    shop.status = 503
    fetch_due(clock)
    notify.tell(now=clock())
    assert Notification.objects.filter(kind="picture").count() == 1


def test_many_are_told_together(
    shop: Shop, offline: PinterestAccount, workspace: Workspace, clock: Time
) -> None:
    shop.status = 404
    for n in range(3):
        url = f"{shop.server.url}/{n}.jpg"
        found = download.accept(workspace, url=url, user=None, now=clock())
        made = factories.make_pin(workspace, offline, picture=found)
        queue.schedule(made, at=clock() + timedelta(days=1), now=clock())
    while fetch_due(clock):
        pass
    notify.tell(now=clock())
    told = Notification.objects.get(kind="picture")
    assert "3 scheduled Pins" in told.title
    assert told.get_absolute_url() == "/pins/?status=without_picture"


def test_an_upload_that_fails_later_is_told_too(
    offline: PinterestAccount, workspace: Workspace, clock: Time
) -> None:
    """It isn't only addresses: whatever fails after the Pin was queued would come out at its time only."""
    found, _ = (factories.make_media(workspace, ready=False) for _ in range(2))
    made = factories.make_pin(workspace, offline, picture=found)
    queue.schedule(made, at=clock() + timedelta(days=1), now=clock())
    found.original.delete(save=False)
    preparing.prepare(found.pk)
    notify.tell(now=clock())
    assert Notification.objects.filter(kind="picture", pin=made).exists()
    assert fresh(made).why.code == "media_failed"
    assert not fresh(made).can_fetch_picture


def test_a_pin_that_waits_for_its_picture_is_told_of_once(shop: Shop, pin: Pin, clock: Time) -> None:
    """Not as late, too, "though nothing holds it back": nor when nobody has tried it for a while."""
    queue.schedule(pin, at=clock() + timedelta(minutes=10), now=clock())
    shop.status = 503
    for _ in range(6):
        fetch_due(clock)
        notify.tell(now=clock())
        clock.passes(300)
    assert [told.kind for told in Notification.objects.all()] == ["picture"]
    waiting = operations.lateness(clock())
    assert (waiting[operations.WaitsFor.NOTHING].number, waiting[operations.WaitsFor.NEXT_TRY].number) == (
        0,
        1,
    )
