"""Every operation of the client against the stand-in for Pinterest; publishing has a file of its own."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.pinterest import errors
from accounts.pinterest.client import CallRecord, PinterestClient
from accounts.pinterest.types import (
    Analytics,
    Carousel,
    ImageBase64,
    ImageUrl,
    KeyFrame,
    NewPin,
    Pin,
    PinChanges,
    Registration,
    Slide,
    Slot,
    SlotChanges,
    Video,
)
from pins.rules import metrics
from tests.support import factories
from tests.support.simulated import Simulator
from tests.support.waiting import wait_until

JPEG = ImageBase64("image/jpeg", factories.jpeg())
MP4 = b"\0\0\0\x18ftypmp42" + b"\0" * 300_000
TODAY = datetime.now(UTC).date()
MONTH = (TODAY - timedelta(days=30), TODAY)
IMAGES, VIDEOS = metrics.asked(video=False), metrics.asked(video=True)
OF_AN_ACCOUNT = ("IMPRESSION", "ENGAGEMENT", "PIN_CLICK", "SAVE")


@pytest.fixture
def records() -> list[CallRecord]:
    return []


@pytest.fixture
def client(simulator: Simulator, records: list[CallRecord]) -> PinterestClient:
    simulator.person()
    simulator.config(beta=True, media_seconds=0.2)
    return of(simulator, "alderandoat", records)


def of(simulator: Simulator, username: str, records: list[CallRecord] | None = None) -> PinterestClient:
    scope = "user_accounts:read boards:read boards:write pins:read pins:write ads:read"
    grant = simulator.grant(username, scope=scope)
    return PinterestClient(
        grant["access_token"],
        api_url=simulator.api_url,
        on_response=None if records is None else records.append,
    )


@pytest.fixture
def board(client: PinterestClient) -> str:
    return next(board.id for board in client.boards() if board.name == "Home office ideas")


def made(client: PinterestClient, board: str, title: str = "One desk", **more: Any) -> Pin:
    return client.create_pin(NewPin(board, more.pop("media", JPEG), title=title, **more))


def uploaded(client: PinterestClient, content: bytes = MP4) -> str:
    place = client.register_video()
    client.upload_video(place, io.BytesIO(content))
    wait_until(
        lambda: client.media_upload(place.media_id).status not in ("registered", "processing"),
        what="the video",
        seconds=10,
    )
    return place.media_id


def old_pins(simulator: Simulator, count: int) -> None:
    born = (datetime.now(UTC) - timedelta(days=20)).isoformat()
    rows = [{"board": "House plants", "title": f"Fern {n}", "created_at": born} for n in range(count)]
    simulator.person(pins=rows)


# Pins ------------------------------------------------------------------------------------------------------


def test_a_pins_words_and_place_are_changed(client: PinterestClient, board: str) -> None:
    section = next(section for section in client.sections(board) if section.name == "Desks")
    other = next(board.id for board in client.boards() if board.name == "House plants")
    pin = made(client, board, section_id=section.id, description="Light", link="https://a.example/")

    after = client.update_pin(pin.id, PinChanges(title="Two desks", alt_text="Oak", link=""))
    assert (after.title, after.alt_text, after.link) == ("Two desks", "Oak", "")
    assert (after.description, after.section_id) == ("Light", section.id)
    assert client.update_pin(pin.id, PinChanges(section_id="")).section_id == ""
    assert client.update_pin(pin.id, PinChanges(board_id=other)).board_id == other
    assert client.pin(pin.id).title == "Two desks"


def test_a_carousels_slots_are_changed_by_their_place(client: PinterestClient, board: str) -> None:
    slides = (Slide(JPEG, "Front", "Oak", "https://a.example/"), Slide(JPEG, "Back"), Slide(JPEG))
    pin = made(client, board, media=Carousel(slides, cover=1))
    assert (pin.media_type, pin.creative_type) == ("multiple_images", "CAROUSEL")
    assert pin.slots == (Slot("Front", "Oak", "https://a.example/"), Slot("Back"), Slot())
    assert pin.image_at_least(200) is not None

    after = client.update_pin(pin.id, PinChanges(slots=(SlotChanges(), SlotChanges(title="Side"))))
    assert after.slots == (Slot("Front", "Oak", "https://a.example/"), Slot("Side"), Slot())
    assert client.pin(pin.id) == after


def test_a_change_is_a_restricted_feature_for_an_app_without_the_beta(
    client: PinterestClient, simulator: Simulator, board: str
) -> None:
    pin = made(client, board)
    simulator.config(beta=False)
    with pytest.raises(errors.RestrictedFeature):
        client.update_pin(pin.id, PinChanges(title="Two desks"))
    assert client.pin(pin.id).title == "One desk"


def test_a_deleted_pin_is_gone_and_can_not_be_deleted_again(client: PinterestClient, board: str) -> None:
    pin = made(client, board)
    client.delete_pin(pin.id)
    for again in (client.delete_pin, client.pin):
        with pytest.raises(errors.Refused) as caught:
            again(pin.id)
        assert (caught.value.http_status, caught.value.code, caught.value.field) == (404, 50, "pin")


def test_anyones_public_pin_is_saved_to_an_own_board(
    client: PinterestClient, simulator: Simulator, board: str
) -> None:
    simulator.person("fernwood", boards=[{"name": "Ferns"}])
    stranger = of(simulator, "fernwood")
    theirs = made(stranger, next(stranger.boards()).id, "A fern")
    section = next(client.sections(board))

    saved = client.save_pin(theirs.id, board)
    assert (saved.title, saved.parent_pin_id, saved.board_id) == ("A fern", theirs.id, board)
    assert client.save_pin(theirs.id, board, section_id=section.id).section_id == section.id
    with pytest.raises(errors.Refused) as caught:
        client.save_pin(theirs.id, "1")
    assert caught.value.field == "board"


def test_pins_are_listed_by_filter_page_and_privacy(client: PinterestClient, board: str) -> None:
    hidden = client.create_board("For members", privacy="PROTECTED")
    first, second = made(client, board, "First"), made(client, board, "Second")
    saved = client.save_pin(first.id, board)
    protected = made(client, hidden.id, "Protected")

    page = client.pins_page(page_size=2)
    assert [pin.id for pin in page.items] == [saved.id, second.id]
    rest = client.pins_page(page_size=2, bookmark=page.bookmark)
    assert ([pin.id for pin in rest.items], rest.bookmark) == ([first.id], None)
    assert [pin.id for pin in client.pins(pin_filter="exclude_native")] == [saved.id]
    assert [pin.id for pin in client.pins(pin_filter="exclude_repins")] == [second.id, first.id]
    assert list(client.pins(pin_filter="has_been_promoted")) == []
    everything = {pin.id for pin in client.pins(include_protected_pins=True)}
    assert everything == {first.id, second.id, saved.id, protected.id}
    assert client.pins_page(include_protected_pins=True, page_size=1).items == (protected,)


def test_a_pin_is_made_from_addresses(client: PinterestClient, board: str) -> None:
    far = ImageUrl("https://alderandoat.example/desk.jpg")
    assert made(client, board, media=far).media_type == "image"
    carousel = made(client, board, media=Carousel((Slide(far, "Front"), Slide(far))))
    assert carousel.slots == (Slot("Front"), Slot())


@pytest.mark.parametrize(
    "change",
    [
        lambda client, pin, board: client.update_pin(pin, PinChanges(title="Two desks")),
        lambda client, pin, board: client.delete_pin(pin),
        lambda client, pin, board: client.save_pin(pin, board),
        lambda client, pin, board: client.update_board(board, name="Desks"),
        lambda client, pin, board: client.delete_board(board),
    ],
    ids=["update_pin", "delete_pin", "save_pin", "update_board", "delete_board"],
)
@pytest.mark.parametrize(
    "fault", [{"kind": "drop_after"}, {"kind": "status", "status": 503}, {"kind": "garble"}], ids=str
)
def test_a_change_whose_answer_is_lost_is_unknown_and_sent_once(
    simulator: Simulator,
    client: PinterestClient,
    records: list[CallRecord],
    board: str,
    change: Callable[[PinterestClient, str, str], object],
    fault: dict[str, Any],
) -> None:
    pin = made(client, board)
    for method in ("PATCH", "DELETE", "POST"):
        simulator.fault(method=method, times=1, **fault)
    records.clear()

    with pytest.raises(errors.OutcomeUnknown):
        change(client, pin.id, board)
    assert len(records) == 1
    assert records[0].category == "org_write"


# Boards ----------------------------------------------------------------------------------------------------


def test_a_board_is_read_changed_and_deleted_with_its_pins(client: PinterestClient) -> None:
    rugs = client.create_board("Rugs", description="On floors")
    assert client.board(rugs.id) == rugs

    after = client.update_board(rugs.id, name="Carpets", description="")
    assert (after.name, after.description, after.privacy) == ("Carpets", "", "PUBLIC")
    pin = made(client, rugs.id)
    assert client.board(rugs.id).pin_count == 1
    with pytest.raises(errors.Refused) as taken:
        client.update_board(rugs.id, name="House plants")
    assert taken.value.field

    client.delete_board(rugs.id)
    for gone in (lambda: client.board(rugs.id), lambda: client.pin(pin.id)):
        with pytest.raises(errors.Refused) as caught:
            gone()
        assert caught.value.http_status == 404


# Video -----------------------------------------------------------------------------------------------------


def test_a_video_is_registered_uploaded_processed_and_pinned(
    client: PinterestClient, simulator: Simulator, board: str
) -> None:
    place = client.register_video()
    assert client.media_upload(place.media_id).status == "registered"
    client.upload_video(place, io.BytesIO(MP4))
    wait_until(lambda: client.media_upload(place.media_id).is_ready, what="the video")
    assert [upload.media_id for upload in client.media_uploads()] == [place.media_id]

    for cover in (KeyFrame(3), ImageUrl("https://a.example/cover.jpg"), JPEG):
        pin = made(client, board, media=Video(place.media_id, cover))
        assert (pin.media_type, pin.creative_type) == ("video", "VIDEO")
    assert place.upload_url not in repr(place)


def test_a_file_that_is_no_video_fails_in_processing(client: PinterestClient, board: str) -> None:
    media_id = uploaded(client, b"no video at all")
    assert client.media_upload(media_id).has_failed
    with pytest.raises(errors.Refused):
        made(client, board, media=Video(media_id, KeyFrame(0)))


def test_an_upload_that_the_address_refuses_says_why(client: PinterestClient) -> None:
    place = client.register_video()
    torn = Registration(place.media_id, place.upload_url, {"key": place.parameters["key"]})
    with pytest.raises(errors.Refused, match="is missing") as caught:
        client.upload_video(torn, io.BytesIO(MP4))
    assert (caught.value.http_status, caught.value.field) == (403, "media")


def test_a_media_call_whose_answer_is_lost_has_made_nothing_that_shows(
    client: PinterestClient, simulator: Simulator
) -> None:
    simulator.fault("drop_after", method="POST", path="/media", times=1)
    with pytest.raises(errors.Unavailable):
        client.register_video()
    place = client.register_video()
    simulator.fault("drop_after", method="POST", path="/upload/", times=1)
    with pytest.raises(errors.Unavailable):
        client.upload_video(place, io.BytesIO(MP4))


# Numbers ---------------------------------------------------------------------------------------------------


def test_a_batch_answers_as_single_calls_do(
    client: PinterestClient, simulator: Simulator, records: list[CallRecord]
) -> None:
    old_pins(simulator, 3)
    ids = [pin.id for pin in client.pins()]
    records.clear()

    batch = client.pins_analytics(ids, *MONTH, IMAGES)
    assert [record.category for record in records] == ["org_analytics"]
    assert set(batch) == set(ids)
    for pin_id, numbers in batch.items():
        assert numbers == client.pin_analytics(pin_id, *MONTH, IMAGES)
        assert len(numbers.days) >= 20


def test_each_pin_is_measured_by_the_hundred(
    client: PinterestClient, simulator: Simulator, records: list[CallRecord]
) -> None:
    old_pins(simulator, 120)
    ids = [pin.id for pin in client.pins()]
    records.clear()

    found = list(client.each_pin_analytics([*ids, ids[0]], *MONTH, IMAGES))
    assert [pin_id for pin_id, _ in found] == ids
    assert all(isinstance(numbers, Analytics) and numbers.days for _, numbers in found)
    assert len(records) == 2


def test_an_app_without_the_batch_asks_for_it_once(
    client: PinterestClient, simulator: Simulator, records: list[CallRecord]
) -> None:
    old_pins(simulator, 4)
    simulator.config(beta=False)
    ids = [pin.id for pin in client.pins()]
    records.clear()

    for _ in range(2):
        assert [pin_id for pin_id, _ in client.each_pin_analytics(ids, *MONTH, IMAGES)] == ids
    assert [record.status for record in records] == [401, *[200] * 8]
    assert client.has_batch_analytics is False
    with pytest.raises(errors.RestrictedFeature):
        client.pins_analytics(ids, *MONTH, IMAGES)


def test_one_deleted_pin_costs_the_others_nothing(
    client: PinterestClient, simulator: Simulator, records: list[CallRecord]
) -> None:
    old_pins(simulator, 60)
    ids = [pin.id for pin in client.pins()]
    gone = ids[17]
    client.delete_pin(gone)
    records.clear()

    found = dict(client.each_pin_analytics(ids, *MONTH, IMAGES))
    assert [pin_id for pin_id, numbers in found.items() if isinstance(numbers, errors.Refused)] == [gone]
    assert list(found) == ids
    assert len(records) < 20  # halved, not asked for one by one


def test_a_pin_without_numbers_yet_is_still_answered(client: PinterestClient, board: str) -> None:
    ids = [made(client, board, title).id for title in ("First", "Second")]
    assert client.pins_analytics(ids, *MONTH, IMAGES) == {}
    assert dict(client.each_pin_analytics(ids, *MONTH, IMAGES)) == {pin_id: Analytics(()) for pin_id in ids}


def test_a_used_up_quota_is_the_callers_to_wait_for(client: PinterestClient, simulator: Simulator) -> None:
    old_pins(simulator, 3)
    simulator.config(beta=False, limits={"org_analytics": [2, 60]})
    ids = [pin.id for pin in client.pins()]
    answers = client.each_pin_analytics(ids, *MONTH, IMAGES)
    assert next(answers)[0] == ids[0]
    with pytest.raises(errors.RateLimited):
        list(answers)


def test_a_batch_of_videos_has_their_numbers(client: PinterestClient, board: str) -> None:
    media_id = uploaded(client)
    video = made(client, board, media=Video(media_id, KeyFrame(0)))
    picture = made(client, board)
    found = dict(client.each_pin_analytics([video.id, picture.id], *MONTH, VIDEOS))
    assert isinstance(found[video.id], Analytics)
    assert isinstance(found[picture.id], errors.Refused)


def test_the_accounts_own_numbers_come_by_day(client: PinterestClient, simulator: Simulator) -> None:
    old_pins(simulator, 5)
    first = TODAY - timedelta(days=89)
    numbers = client.account_analytics(first, TODAY, OF_AN_ACCOUNT, content="ORGANIC", source="YOUR_PINS")
    assert [day.day for day in numbers.days] == [TODAY - timedelta(days=n) for n in range(89, -1, -1)]
    assert numbers.days[0].is_ready
    assert not numbers.days[-1].is_ready
    assert sum(day.numbers["IMPRESSION"] or 0 for day in numbers.days) > 0
    for day in numbers.days:
        said = day.numbers
        assert said["ENGAGEMENT"] == (said["PIN_CLICK"] or 0) + (said["SAVE"] or 0)
    with pytest.raises(errors.Refused):
        client.account_analytics(TODAY - timedelta(days=91), TODAY, OF_AN_ACCOUNT)


# What people search for ------------------------------------------------------------------------------------


def test_terms_and_trends(client: PinterestClient, records: list[CallRecord]) -> None:
    related = client.related_terms(["home office", "sourdough"])
    assert [one.term for one in related] == ["home office", "sourdough"]
    assert all(one.related for one in related)
    assert len(client.suggested_terms("home", limit=3)) == 3

    for region in ("US", "DE+AT+CH"):
        trends = client.trends(region, "growing", limit=5)
        assert len(trends) == 5
        assert all(trend.keyword and len(trend.series) == 52 for trend in trends)
        assert all(isinstance(trend.year, int) for trend in trends)
    assert {trend.keyword for trend in client.trends("US", "yearly", keywords=["oat"])} == {"oat cookies"}
    assert [record.category for record in records] == ["ads_read"] * 2 + ["trends_read"] * 3


def test_terms_without_their_scope_ask_for_a_reconnect(simulator: Simulator) -> None:
    simulator.person()
    grant = simulator.grant(scope="user_accounts:read")
    with pytest.raises(errors.MissingScope):
        PinterestClient(grant["access_token"], api_url=simulator.api_url).suggested_terms("home")
