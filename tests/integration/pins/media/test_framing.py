"""How a picture becomes 2:3: chosen in the composer, found by itself, and changed while a Pin waits."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import requests
from django.test import Client
from django.utils import timezone
from PIL import Image

from accounts.models import PinterestAccount, User, Workspace
from pins.errors import WrongState
from pins.media import framing, intake, preparing
from pins.models import Fit, Media, MediaStatus, Pin, RenditionKind, Status
from pins.models.media import Framing
from pins.publish import dispatch
from pins.publish.once import Outcome
from pins.schedule import queue
from tests.conftest import SignIn
from tests.support import factories, image_corpus, publishing
from tests.support.every_page import in_a_line
from tests.support.simulated import Simulator
from tests.support.ticks import send_all
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)

RED, BLUE = (220, 30, 30), (30, 30, 220)


def wide(kind: str = "PNG") -> bytes:
    """Red on the left, blue on the right."""
    picture = Image.new("RGB", (1500, 1000), RED)
    picture.paste(BLUE, (750, 0, 1500, 1000))
    return image_corpus.encoded(picture, kind)


@pytest.fixture
def picture(workspace: Workspace) -> Media:
    found = intake.accept(
        workspace, upload=factories.upload(wide()), name="wide.png", user=None, now=timezone.now()
    )
    preparing.prepare(found.pk)
    return fresh(found)


@pytest.fixture
def waiting(workspace: Workspace, account: PinterestAccount, picture: Media) -> Pin:
    """Scheduled for a moment that the dispatcher already looks at."""
    pin = factories.make_pin(workspace, account, picture=picture)
    queue.publish_now(pin, now=timezone.now())
    return Pin.objects.with_parts().get(pk=pin.pk)


def fresh(found: Media) -> Media:
    return Media.objects.get(pk=found.pk)


def prepared(found: Media) -> Image.Image:
    row = fresh(found).rendition(RenditionKind.PREPARED)
    assert row is not None
    with row.file.open("rb") as file:
        return Image.open(BytesIO(file.read())).convert("RGB")


def is_near(image: Image.Image, at: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    pixel = image.getpixel(at)
    assert isinstance(pixel, tuple)
    return all(abs(one - other) < 40 for one, other in zip(pixel, colour, strict=True))


def form_of(pin: Pin, **fields: Any) -> dict[str, Any]:
    """What the composer sends of this Pin."""
    cover = pin.cover
    assert cover is not None
    board = f"board-{pin.board_id}" if pin.board_id else ""
    told = {"batch": str(pin.pk), "media": [cover.pk], "title": pin.title, "destination": board}
    return told | {f"{name}_{cover.pk}": value for name, value in fields.items()}


def save(client: Client, pin: Pin, *, choice: str = "at", **fields: Any) -> Any:
    assert pin.publish_at is not None
    at = (timezone.now() + timedelta(days=2)).strftime("%Y-%m-%d")
    form = form_of(pin, **fields) | {"choice": choice, "date": at, "time": "12:00"}
    return client.post("/pins/compose/", form)


def live_image(account: PinterestAccount, pin: Pin) -> Image.Image:
    """What Pinterest shows of it."""
    found = requests.get(
        f"{account.api_url}/pins/{Pin.objects.get(pk=pin.pk).pinterest_id}",
        headers={"Authorization": f"Bearer {account.access_token.reveal()}"},
        timeout=PATIENCE,
    ).json()
    url = found["media"]["images"]["600x"]["url"]
    return Image.open(BytesIO(requests.get(url, timeout=PATIENCE).content)).convert("RGB")


# The composer ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["HEIF", "AVIF", "GIF"])
def test_photos_of_phones_and_browsers_are_taken_in(kind: str, workspace: Workspace) -> None:
    found = intake.accept(
        workspace, upload=factories.upload(wide(kind), "photo"), name="photo", user=None, now=timezone.now()
    )
    assert found.content_type == {"HEIF": "image/heic", "AVIF": "image/avif", "GIF": "image/gif"}[kind]
    assert preparing.prepare(found.pk) == MediaStatus.READY
    assert prepared(found).size == (1000, 1500)


def test_the_focal_point_is_found_and_shown_until_a_person_moves_it(
    workspace: Workspace, alice: User, client_of: SignIn
) -> None:
    subject = Image.new("RGB", (2400, 1200), "#88aacc")
    subject.paste(image_corpus.photo(300, 500, grain=20), (2000, 400))
    found = intake.accept(
        workspace,
        upload=factories.upload(image_corpus.encoded(subject)),
        name="subject.jpg",
        user=None,
        now=timezone.now(),
    )
    preparing.prepare(found.pk)
    found = fresh(found)
    assert found.focal_x > 0.65
    assert not found.focal_chosen
    client = client_of(alice)
    item = in_a_line(client.get(f"/pins/compose/picture/{found.pk}/").text)
    assert f'data-x="{found.focal_x:.4f}"' in item
    assert f'name="focal_x_{found.pk}" value=""' in item  # nobody chose it
    # Sent back as it was got, nothing changes; moved, it is kept and no longer looked for.
    body = {"media": [found.pk], f"focal_x_{found.pk}": "", f"focal_y_{found.pk}": ""}
    assert client.post("/pins/compose/autosave/", body).json()["pictures"] == []
    saved = client.post(
        "/pins/compose/autosave/", body | {f"focal_x_{found.pk}": "0.2", f"focal_y_{found.pk}": "0.5"}
    ).json()
    assert saved["pictures"] == [found.pk]
    preparing.prepare(found.pk)
    found = fresh(found)
    assert (found.focal_x, found.focal_chosen) == (0.2, True)
    # And back to finding it.
    client.post("/pins/compose/autosave/", body | saved["fields"])
    preparing.prepare(found.pk)
    assert fresh(found).focal_x > 0.65


def test_fit_and_colour_are_kept_by_saving(picture: Media, alice: User, client_of: SignIn) -> None:
    body = {"media": [picture.pk], f"fit_{picture.pk}": "color", f"pad_color_{picture.pk}": "#208040"}
    answer = client_of(alice).post("/pins/compose/autosave/", body)
    assert answer.json()["pictures"] == [picture.pk]
    assert fresh(picture).status == MediaStatus.PROCESSING
    preparing.prepare(picture.pk)
    assert (fresh(picture).fit, fresh(picture).pad_color) == ("color", "#208040")
    assert is_near(prepared(picture), (500, 100), (0x20, 0x80, 0x40))
    page = in_a_line(client_of(alice).get(answer.json()["url"]).text)
    assert 'value="color" class="sr-only" data-fit checked' in page
    assert 'value="#208040"' in page


@pytest.mark.parametrize(
    ("name", "value"),
    [("fit", "stretch"), ("pad_color", "red"), ("focal_x", "2"), ("focal_y", "nan"), ("focal_x", "left")],
)
def test_nonsense_changes_nothing(
    name: str, value: str, picture: Media, alice: User, client_of: SignIn
) -> None:
    framing.reframe(picture, Framing(Fit.COLOR, "#112233", (0.25, 0.5)), now=timezone.now())
    preparing.prepare(picture.pk)
    body = {"media": [picture.pk], f"focal_x_{picture.pk}": "0.25", f"focal_y_{picture.pk}": "0.5"}
    answer = client_of(alice).post("/pins/compose/autosave/", body | {f"{name}_{picture.pk}": value})
    assert answer.json()["pictures"] == []
    assert fresh(picture).framing == Framing(Fit.COLOR, "#112233", (0.25, 0.5))


def test_a_refused_form_comes_back_framed_as_it_was_sent(
    waiting: Pin, alice: User, client_of: SignIn
) -> None:
    assert waiting.cover is not None
    form = form_of(waiting, fit="color", pad_color="#abcdef", focal_x="0.1", focal_y="0.5")
    answer = client_of(alice).post("/pins/compose/", form | {"title": "x" * 101, "choice": "draft"})
    assert answer.status_code == 422
    page = in_a_line(answer.text)
    assert 'value="color" class="sr-only" data-fit checked' in page
    assert 'value="#abcdef"' in page
    assert f'name="focal_x_{waiting.cover.pk}" value="0.1000"' in page


def test_an_item_that_is_still_prepared_says_nothing_new(
    picture: Media, alice: User, client_of: SignIn
) -> None:
    framing.reframe(picture, Framing(Fit.BLUR), now=timezone.now())
    client = client_of(alice)
    address = f"/pins/compose/picture/{picture.pk}/"
    assert client.get(address, {"waiting": ""}).status_code == 204
    preparing.prepare(picture.pk)
    ready = client.get(address, {"waiting": "", f"fit_{picture.pk}": "blur"}).text
    assert f'data-prepared="{fresh(picture).prepared_url}"' in ready
    # Framed in another way on the page meanwhile, the result is not that of what stands there.
    other = in_a_line(client.get(address, {"waiting": "", f"fit_{picture.pk}": "crop"}).text)
    assert 'data-prepared=""' in other
    assert 'value="crop" class="sr-only" data-fit checked' in other


# A Pin that waits ------------------------------------------------------------------------------------


def test_a_scheduled_pin_is_cropped_again_from_the_composer(
    waiting: Pin, alice: User, client_of: SignIn
) -> None:
    assert waiting.cover is not None
    answer = save(client_of(alice), waiting, focal_x="0.0500", focal_y="0.5000")
    assert answer.status_code == 302
    cover = fresh(waiting.cover)
    assert (cover.status, cover.focal_x) == (MediaStatus.PROCESSING, 0.05)
    assert Pin.objects.get(pk=waiting.pk).status == Status.SCHEDULED
    preparing.prepare(cover.pk)
    assert is_near(prepared(cover), (500, 750), RED)


def test_a_pin_due_at_once_goes_out_with_the_new_crop(waiting: Pin, account: PinterestAccount) -> None:
    """Framed anew within the seconds before it is due: it is claimed, waits for its picture, and is right."""
    assert waiting.cover is not None
    framing.reframe(waiting.cover, Framing(focal=(0.95, 0.5)), now=timezone.now())
    assert send_all() == [Outcome.PUT_OFF]
    pin = Pin.objects.get(pk=waiting.pk)
    assert (pin.status, pin.reason_code) == (Status.SCHEDULED, "media_processing")
    preparing.prepare(waiting.cover.pk)
    Pin.objects.filter(pk=waiting.pk).update(due_at=timezone.now())
    assert send_all() == [Outcome.DONE]
    assert is_near(live_image(account, waiting), (300, 450), BLUE)


def test_two_framings_in_a_row_leave_the_last_one(waiting: Pin, account: PinterestAccount) -> None:
    """The result of the first is thrown away even when it comes last."""
    assert waiting.cover is not None
    now = timezone.now()
    framing.reframe(waiting.cover, Framing(focal=(0.95, 0.5)), now=now)
    framing.reframe(waiting.cover, Framing(Fit.COLOR, "#00ff00"), now=now + timedelta(milliseconds=1))
    preparing.prepare(waiting.cover.pk)
    assert send_all() == [Outcome.DONE]
    assert is_near(live_image(account, waiting), (300, 30), (0, 255, 0))


def test_a_pin_that_is_being_published_keeps_its_crop(
    waiting: Pin, account: PinterestAccount, simulator: Simulator, alice: User, client_of: SignIn
) -> None:
    assert waiting.cover is not None
    (claim,) = dispatch.claim(now=timezone.now())
    before = waiting.cover.framing
    with pytest.raises(WrongState, match="stays as it is"):
        framing.reframe(waiting.cover, Framing(Fit.BLUR), now=timezone.now())
    client = client_of(alice)
    answer = save(client, waiting, fit="blur")
    assert "This Pin can’t be changed: it is being published" in client.get(answer["Location"]).text
    assert fresh(waiting.cover).framing == before
    assert fresh(waiting.cover).status == MediaStatus.READY
    assert publishing.send(claim.attempt) == Outcome.DONE


def test_a_draft_with_a_picture_that_is_out_keeps_its_words_and_says_why_the_crop_stays(
    workspace: Workspace, account: PinterestAccount, picture: Media, alice: User, client_of: SignIn
) -> None:
    factories.make_pin(workspace, account, picture=picture, status=Status.PUBLISHED)
    draft = factories.make_pin(workspace, account, picture=picture)
    client = client_of(alice)
    page = client.get(f"/pins/compose/?batch={draft.pk}").text
    assert "the image stays as it is" in page
    assert f"fit_{picture.pk}" not in page
    # Sent all the same, by a page that was opened before:
    sent = form_of(draft, fit="blur") | {"title": "New words"}
    saved = client.post("/pins/compose/autosave/", sent).json()
    assert saved["pictures"] == [picture.pk]  # asked for again, the item says why
    assert "the image stays as it is" in client.get(f"/pins/compose/picture/{picture.pk}/").text
    answer = client.post("/pins/compose/", sent | {"choice": "draft"})
    assert answer.status_code == 302
    assert "stays as it is" in client.get(answer["Location"]).text
    assert Pin.objects.get(pk=draft.pk).title == "New words"
    assert fresh(picture).fit == Fit.CROP


def test_what_the_composer_says_it_takes_is_what_it_takes(
    workspace: Workspace, alice: User, client_of: SignIn
) -> None:
    page = client_of(alice).get("/pins/compose/").text
    assert "JPEG, PNG, WebP, GIF, AVIF or HEIC" in page
    for kind in ("image/jpeg", "image/heic", "image/avif", "image/gif", ".heic"):
        assert kind in page
