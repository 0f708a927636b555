"""A media store that can't be written or read: what Pins wait for, and what people are told."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from accounts import api_tokens
from accounts.models import PinterestAccount, User, Workspace
from pins.media import preparing
from pins.models import Media, MediaStatus, Pin, Status
from pins.publish import publication
from pins.publish.once import Outcome
from pins.schedule import queue
from tests.conftest import SignIn
from tests.integration.pins.media.broken_stores import fresh, full, not_mounted, root, send_all
from tests.support import factories
from tests.support.simulated import Simulator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def due(workspace: Workspace, account: PinterestAccount, upload: Media) -> Pin:
    pin = factories.make_pin(workspace, account, picture=upload)
    queue.publish_now(pin, now=timezone.now())
    return pin


def again(pin: Pin) -> Pin:
    return Pin.objects.with_parts().get(pk=pin.pk)


def test_a_pin_says_what_its_picture_waits_for_and_goes_out_when_that_is_over(
    due: Pin, upload: Media, simulator: Simulator, alice: User, client_of: SignIn
) -> None:
    with full():
        preparing.prepare(upload.pk)
        assert send_all() == [Outcome.PUT_OFF]
    pin = again(due)
    assert (pin.status, pin.reason_code) == (Status.SCHEDULED, "store_unwritable")
    page = client_of(alice).get(f"/pins/{pin.pk}/").text
    assert (
        page.count("full or can’t be written to") == 3
    )  # for the picture, as why it isn't out, in its history
    assert "Next try" in page
    Pin.objects.filter(pk=pin.pk).update(due_at=timezone.now() + timedelta(minutes=2))  # after many tries
    assert preparing.prepare(upload.pk) == MediaStatus.READY
    assert send_all() == [Outcome.DONE]
    assert len(simulator.pins()) == 1


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: os.truncate(path, 100)])
def test_a_prepared_file_that_is_gone_or_cut_short_is_made_again(
    damage: Callable[[Path], None], due: Pin, upload: Media, simulator: Simulator
) -> None:
    preparing.prepare(upload.pk)
    for rendition in upload.renditions.all():
        damage(Path(rendition.file.path))
    assert send_all() == [Outcome.PUT_OFF]
    assert "makes it again from the upload" in again(due).reason_message
    assert fresh(upload).status == MediaStatus.PROCESSING
    assert preparing.forgotten(timezone.now()) == [upload.pk]  # at the next sweep
    assert preparing.prepare(upload.pk) == MediaStatus.READY
    for rendition in upload.renditions.all():
        assert Path(rendition.file.path).stat().st_size == rendition.size_bytes
    assert send_all() == [Outcome.DONE]
    assert len(simulator.pins()) == 1


def test_a_pin_whose_picture_is_gone_altogether_fails_and_is_cured_by_another_picture(
    due: Pin, upload: Media, workspace: Workspace, simulator: Simulator, alice: User, client_of: SignIn
) -> None:
    preparing.prepare(upload.pk)
    factories.make_media(workspace)  # whose files are there
    for name in (upload.original.name, *upload.renditions.values_list("file", flat=True)):
        (root() / name).unlink()
    send_all()
    assert preparing.prepare(upload.pk) == MediaStatus.FAILED
    assert send_all(timezone.now() + publication.MEDIA_WAIT) == [Outcome.REFUSED]
    pin = again(due)
    assert (pin.status, pin.reason_code) == (Status.FAILED, "media_failed")
    assert "gone from the media store" in pin.reason_message
    client = client_of(alice)
    cure = f"/pins/compose/?batch={pin.pk}"
    assert f'href="{cure}"' in client.get(f"/pins/{pin.pk}/").text
    composer = client.get(cure).text
    assert "gone from the media store" in composer
    assert 'data-src=""' in composer  # no broken image
    other = factories.make_media(workspace, color="#208040")
    words = {"title": pin.title, "destination": f"board-{pin.board_id}"}
    client.post("/pins/compose/", words | {"batch": pin.pk, "media": other.pk, "choice": "now"})
    assert send_all() == [Outcome.DONE]
    assert again(due).status == Status.PUBLISHED


def test_a_prepared_file_that_cannot_be_read_puts_the_pin_off(
    due: Pin, upload: Media, simulator: Simulator
) -> None:
    preparing.prepare(upload.pk)
    with not_mounted():
        assert send_all() == [Outcome.PUT_OFF]
    pin = again(due)
    assert (pin.status, pin.reason_code) == (Status.SCHEDULED, "media_unreadable")
    assert pin.due_at is not None
    assert send_all(pin.due_at) == [Outcome.DONE]
    assert len(simulator.pins()) == 1


# What people see -----------------------------------------------------------------------------------------


def test_the_composer_says_it_once_and_then_is_silent_until_something_changes(
    upload: Media, alice: User, client_of: SignIn
) -> None:
    client, address = client_of(alice), f"/pins/compose/picture/{upload.pk}/"
    assert client.get(address, {"waiting": ""}).status_code == 204
    with full():
        preparing.prepare(upload.pk)
    item = client.get(address, {"waiting": ""})
    assert "full or can’t be written to" in item.text
    assert "?waiting=store_unwritable" in item.text
    assert client.get(address, {"waiting": "store_unwritable"}).status_code == 204
    preparing.prepare(upload.pk)
    assert "can’t be written" not in client.get(address, {"waiting": "store_unwritable"}).text


def test_the_api_says_it(upload: Media, alice: User, workspace: Workspace, client: Client) -> None:
    with full():
        preparing.prepare(upload.pk)
    _, plain = api_tokens.issue(alice, workspace, name="test")
    answer = client.get(f"/api/v1/media/med_{upload.pk}", headers={"Authorization": f"Bearer {plain}"}).json()
    assert answer["status"] == "processing"
    assert answer["reason"]["code"] == "store_unwritable"
