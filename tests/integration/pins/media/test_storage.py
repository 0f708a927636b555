"""What a workspace keeps is counted with its rows, and no picture is taken that it has no room for."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from accounts import api_tokens
from accounts.fetch import allow_list
from accounts.models import User, Workspace
from pins.errors import Invalid
from pins.media import allowance, download, framing, intake, preparing
from pins.models import Fit, Media, MediaStatus, Storage
from pins.models.media import Framing
from tests.conftest import SignIn
from tests.support import factories
from tests.support.at_once import at_once
from tests.unit.tiny_server import answer, serving

pytestmark = pytest.mark.django_db

FIELD = "/pins/compose/upload/"


def used(workspace: Workspace) -> int:
    return allowance.level(workspace).used


def files(settings: Any) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def on_disk(settings: Any) -> int:
    return sum(path.stat().st_size for path in files(settings))


@pytest.fixture
def full(workspace: Workspace, settings: Any) -> Workspace:
    """With a hundred bytes of room."""
    settings.WORKSPACE_STORAGE_MB = 1
    Storage.objects.change(workspace.pk, allowance.MB - 100)
    return workspace


def test_uploads_and_what_is_prepared_count_as_they_lie_on_the_disk(
    workspace: Workspace, settings: Any
) -> None:
    first = factories.make_media(workspace, ready=False)
    assert used(workspace) == first.size_bytes == on_disk(settings)
    preparing.prepare(first.pk)
    assert used(workspace) == on_disk(settings) > first.size_bytes

    framing.reframe(Media.objects.get(), Framing(fit=Fit.BLUR), now=timezone.now())
    preparing.prepare(first.pk)
    assert used(workspace) == on_disk(settings)
    assert used(workspace) == Media.objects.get().stored_bytes


def test_a_page_says_that_it_is_full_and_writes_nothing(
    full: Workspace, alice: User, client_of: SignIn, settings: Any
) -> None:
    answer = client_of(alice).post(FIELD, {"file": factories.upload()})
    assert answer.status_code == 422
    assert "has used up its 1.0\xa0MB of storage" in answer.json()["error"]["message"]
    by_form = client_of(alice).post(
        "/pins/compose/", {"title": "Kept", "choice": "draft", "files": factories.upload()}
    )
    assert by_form.status_code == 422
    assert "of storage" in by_form.text
    assert 'value="Kept"' in by_form.text
    assert not files(settings)
    assert not Media.objects.exists()


def test_the_api_says_so_by_code_and_at_the_field(full: Workspace, alice: User, client: Any) -> None:
    _, plain = api_tokens.issue(alice, full, name="Script")
    headers = {"Authorization": f"Bearer {plain}"}
    by_file = client.post("/api/v1/media", {"file": factories.upload()}, headers=headers)
    said = by_file.json()["error"]
    assert (by_file.status_code, said["code"], list(said["fields"])) == (422, "storage_full", ["file"])
    assert "ask the person who runs" in said["message"]

    Storage.objects.change(full.pk, 100)
    by_address = client.post(
        "/api/v1/media", {"url": "https://example.com/a.jpg"}, "application/json", headers=headers
    )
    said = by_address.json()["error"]
    assert (by_address.status_code, said["code"], list(said["fields"])) == (422, "storage_full", ["url"])


def test_a_picture_by_address_that_turns_out_too_big_is_not_kept(full: Workspace, settings: Any) -> None:
    with serving(lambda connection, number: answer(connection, raw=factories.jpeg())) as shop:
        settings.FETCH_ALLOW = allow_list(shop.url.removeprefix("http://"))
        row = download.accept(full, url=f"{shop.url}/a.jpg", user=None, now=timezone.now())
        assert not download.bring(row.pk)
        row.refresh_from_db()
        assert (row.status, row.reason_code, row.original.name) == (MediaStatus.FAILED, "storage_full", "")
        assert not files(settings)

        Storage.objects.change(full.pk, -allowance.MB)
        assert download.again(row, now=timezone.now())
        assert download.bring(row.pk)
    assert used(full) == on_disk(settings)


def test_zero_is_any_number(full: Workspace, settings: Any) -> None:
    settings.WORKSPACE_STORAGE_MB = 0
    assert factories.make_media(full).status == MediaStatus.READY
    assert not allowance.level(full).is_full


def test_one_workspace_is_not_filled_by_another(full: Workspace, charlie: User) -> None:
    (elsewhere,) = Workspace.objects.filter(members=charlie)
    assert factories.make_media(elsewhere).status == MediaStatus.READY
    assert used(full) == allowance.MB - 100


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_of_two_at_once_that_would_fill_it_one_is_taken(workspace: Workspace, settings: Any) -> None:
    settings.WORKSPACE_STORAGE_MB = 1
    data = factories.jpeg()
    Storage.objects.change(workspace.pk, allowance.MB - len(data) * 3 // 2)
    refused = []

    def run() -> None:
        try:
            intake.accept(workspace, upload=factories.upload(data), name="", user=None, now=timezone.now())
        except Invalid as no:
            refused.append(no.problems[0].code)

    at_once([run] * 4)
    assert refused == ["storage_full"] * 3
    assert Media.objects.count() == len(files(settings)) == 1
    assert used(workspace) <= allowance.MB


def test_what_was_there_before_the_total_is_counted(workspace: Workspace, charlie: User) -> None:
    kept = used(workspace), factories.make_media(workspace).stored_bytes
    factories.make_media(Workspace.objects.get(members=charlie), ready=False)
    before = dict(Storage.objects.values_list("workspace", "used_bytes"))
    Storage.objects.all().delete()
    importlib.import_module("pins.migrations.0016_fill_storage").count(apps, None)
    assert dict(Storage.objects.values_list("workspace", "used_bytes")) == before
    assert used(workspace) == kept[1]


def test_settings_show_how_much_is_used(
    full: Workspace, alice: User, charlie: User, client_of: SignIn
) -> None:
    page = client_of(alice).get("/settings/").text
    assert "1023.9\xa0KB of 1.0\xa0MB used" in page
    assert "None left" not in page
    Storage.objects.change(full.pk, 100)
    assert "None left" in client_of(alice).get("/settings/").text
    assert "0\xa0bytes of 1.0\xa0MB used" in client_of(charlie).get("/settings/").text
