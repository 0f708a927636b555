"""Pins: what is accepted, what is refused, how they are listed, changed, deleted and saved."""

from __future__ import annotations

import hashlib
import io
import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from PIL import Image

from tests.integration.simulator.harness import TIMEOUT, Pinterest, base64_of, error_of, picture, source


def multiple(*sizes: tuple[int, int], index: int = 0) -> dict[str, object]:
    items = [
        {"content_type": "image/jpeg", "data": base64_of(picture(size=size)), "title": f"No {number}"}
        for number, size in enumerate(sizes)
    ]
    return {"source_type": "multiple_image_base64", "items": items, "index": index}


def titles(pinterest: Pinterest, path: str = "/pins", **query: Any) -> list[str]:
    return [pin["title"] for pin in pinterest.get(path, **query)["items"]]


def test_a_pin_is_made_and_read_back_as_it_was_sent(pinterest: Pinterest) -> None:
    before = datetime.now(UTC)
    fields = {
        "description": "Nine ideas. ☕",
        "link": "https://alderandoat.example/desks?utm_source=pinterest",
        "alt_text": "A desk",
        "dominant_color": "#6E7874",
    }
    answer = pinterest.post_pin("T" * 100, **fields)
    assert answer.status_code == 201
    pin = answer.json()
    assert pinterest.get(f"/pins/{pin['id']}") == pin
    assert pin["id"].isdigit()
    assert pin["title"] == "T" * 100
    assert {name: pin[name] for name in fields} == fields
    assert (pin["board_owner"], pin["is_owner"]) == ({"username": "alderandoat"}, True)
    assert (pin["board_section_id"], pin["parent_pin_id"]) == (None, None)
    assert datetime.strptime(pin["created_at"], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC) >= before.replace(
        microsecond=0
    )


def test_what_is_stored_can_be_seen_to_the_byte_and_microsecond(pinterest: Pinterest) -> None:
    content = picture("PNG", (300, 450))
    made = [pinterest.post_pin(f"No {n}", media_source=source(content, "image/png")).json() for n in range(2)]
    stored = pinterest.pins()
    assert [pin["id"] for pin in stored] == [pin["id"] for pin in made]
    assert stored[0]["created_seq"] < stored[1]["created_seq"]
    assert stored[0]["sha256"] == hashlib.sha256(content).hexdigest()
    assert (stored[0]["width"], stored[0]["height"]) == (300, 450)
    assert datetime.fromisoformat(stored[0]["created_at"]).tzinfo is not None
    assert stored[0]["created_at"][19] == "."


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "T" * 101},
        {"description": "D" * 801},
        {"alt_text": "A" * 501},
        {"link": "https://a.example/" + "x" * 2031},
        {"link": "alderandoat.example"},
        {"link": "https://bit.ly/3abc"},
        {"title": 7},
        {"board_id": "desks"},
        {"board_id": None},
        {"board_section_id": "12a"},
        {"parent_pin_id": "12\n"},
        {"media_source": None},
        {"media_source": {}},
        {"media_source": {"source_type": "image_file"}},
        {"media_source": {"source_type": "image_url"}},
        {"media_source": {"source_type": "image_url", "url": "ftp://x/y.jpg"}},
        {"media_source": {"source_type": "image_base64", "content_type": "image/jpeg"}},
        {"media_source": source(content_type="image/webp")},
        {"media_source": source() | {"data": "not base64!"}},
        {"media_source": source() | {"data": "AAAA="}},
        {"media_source": source(picture("WEBP"))},
        {"media_source": source(picture("GIF"))},
        {"media_source": source(b"\x00\x00\x00\x18ftypheic" + b"\x00" * 64)},
        {"media_source": source(picture()[:-200])},
        {"media_source": source(b"\xff\xd8\xff" + b"\x00" * (20 * 1024 * 1024))},
        {"media_source": multiple((200, 300))},
        {"media_source": multiple(*[(200, 300)] * 6)},
        {"media_source": multiple((200, 300), (300, 200))},
        {"media_source": multiple((200, 300), (200, 300), index=2)},
        {"media_source": {"source_type": "video_id", "media_id": "1", "cover_image_key_frame_time": 0}},
    ],
    ids=itertools.count(),
)
def test_what_pinterest_would_refuse_is_refused_and_makes_nothing(
    pinterest: Pinterest, fields: dict[str, object]
) -> None:
    assert error_of(pinterest.post_pin(**{"title": "x", **fields})) == (400, 1)  # type: ignore[arg-type]
    assert pinterest.pins() == []


def test_refusals_name_the_field_or_the_reason(pinterest: Pinterest) -> None:
    assert "title" in pinterest.post_pin("T" * 101).json()["message"]
    assert "spam" in pinterest.post_pin(link="https://www.bit.ly/x").json()["message"]
    webp = pinterest.post_pin(media_source=source(picture("WEBP"))).json()["message"]
    assert webp == "The format of the image is not supported"


def test_a_body_that_is_no_json_is_refused(pinterest: Pinterest) -> None:
    headers = {"Authorization": f"Bearer {pinterest.token}", "Content-Type": "application/json"}
    for body in ("{", "[]"):
        answer = requests.post(f"{pinterest.url}/v5/pins", data=body, headers=headers, timeout=TIMEOUT)
        assert error_of(answer) == (400, 1)


def test_header_mode_looks_at_the_header_only(pinterest: Pinterest) -> None:
    pinterest.config(decode="header", store_images=False)
    cut = picture(size=(400, 600))[:-200]
    assert pinterest.post_pin(media_source=source(cut)).status_code == 201
    stored = pinterest.pins()[0]
    assert (stored["width"], stored["height"]) == (400, 600)
    assert stored["sha256"] == hashlib.sha256(cut).hexdigest()
    assert error_of(pinterest.post_pin(media_source=source(picture("GIF")))) == (400, 1)


def test_sections_and_boards_must_exist(pinterest: Pinterest) -> None:
    assert error_of(pinterest.post_pin(board_id="12")) == (404, 40)
    assert error_of(pinterest.post_pin(board_section_id="12")) == (404, 2031)
    assert error_of(pinterest.call("GET", "/pins/12")) == (404, 50)


def test_images_are_served_in_four_sizes_for_ever(pinterest: Pinterest) -> None:
    images = pinterest.post_pin(media_source=source(picture(size=(1000, 1500)))).json()["media"]["images"]
    assert set(images) == {"150x150", "400x300", "600x", "1200x"}
    for size, expected in {"150x150": (150, 150), "400x300": (400, 300), "600x": (600, 900)}.items():
        address = images[size]["url"].replace("//localhost:", "//127.0.0.1:")
        answer = requests.get(address, timeout=TIMEOUT)
        assert "immutable" in answer.headers["Cache-Control"]
        with Image.open(io.BytesIO(answer.content)) as image:
            assert image.size == expected == (images[size]["width"], images[size]["height"])
            red, green, blue = image.convert("RGB").getpixel((5, 5))  # type: ignore[misc]
            assert max(abs(red - 0x79), abs(green - 0x23), abs(blue - 0x51)) < 6
    assert requests.get(address + "x", timeout=TIMEOUT).status_code == 404


def test_a_pin_by_address_is_accepted_and_shows_a_gradient(pinterest: Pinterest) -> None:
    url = "https://images.example/desk.jpg"
    pin = pinterest.post_pin(media_source={"source_type": "image_url", "url": url}).json()
    assert pinterest.pins()[0]["images"][0]["url"] == url
    address = pin["media"]["images"]["600x"]["url"].replace("//localhost:", "//127.0.0.1:")
    assert requests.get(address, timeout=TIMEOUT).headers["Content-Type"] == "image/jpeg"


def test_a_carousel_keeps_every_picture_and_its_words(pinterest: Pinterest) -> None:
    answer = pinterest.post_pin(media_source=multiple((200, 300), (200, 300), (200, 300), index=1))
    assert answer.status_code == 201
    pin = answer.json()
    assert pin["media"]["media_type"] == "multiple_images"
    assert pin["creative_type"] == "CAROUSEL"
    assert [item["title"] for item in pin["media"]["items"]] == ["No 0", "No 1", "No 2"]
    assert "600x" in pin["media"]["items"][0]["images"]
    by_address = {
        "source_type": "multiple_image_urls",
        "items": [{"url": "https://a.example/1.jpg"}, {"url": "https://a.example/2.jpg"}],
    }
    assert pinterest.post_pin(media_source=by_address).status_code == 201


@pytest.mark.parametrize("order", ["newest", "shuffled"])
def test_pages_lose_and_repeat_nothing_while_pins_are_being_made(pinterest: Pinterest, order: str) -> None:
    pinterest.config(order=order, limits=None)
    moments = [f"2026-0{1 + n % 6}-1{n % 9}T08:00:00" for n in range(31)]
    plans = [{"board": "House plants", "title": f"Old {n}", "created_at": at} for n, at in enumerate(moments)]
    pinterest.control("people", {"username": "alderandoat", "pins": plans})
    seen: list[str] = []
    query: dict[str, Any] = {}
    while True:
        page = pinterest.get("/pins", page_size=10, **query)
        seen += [pin["title"] for pin in page["items"] if pin["title"].startswith("Old")]
        pinterest.post_pin("Made meanwhile")
        if page["bookmark"] is None:
            break
        query = {"bookmark": page["bookmark"]}
    assert sorted(seen) == sorted(plan["title"] for plan in plans)
    dates = [pin["created_at"] for pin in pinterest.get("/pins", page_size=250)["items"]]
    assert (dates == sorted(dates, reverse=True)) == (order == "newest")


def test_lists_hold_25_pins_unless_asked_for_more(pinterest: Pinterest) -> None:
    plans = [
        {"board": "House plants", "title": f"{n}", "created_at": "2026-01-01T00:00:00"} for n in range(30)
    ]
    pinterest.control("people", {"username": "alderandoat", "pins": plans})
    assert len(titles(pinterest)) == 25
    assert len(titles(pinterest, page_size=250)) == 30
    board = pinterest.board("House plants")
    assert len(titles(pinterest, f"/boards/{board}/pins")) == 25


def test_lists_are_filtered(pinterest: Pinterest) -> None:
    guarded = pinterest.call("POST", "/boards", {"name": "For some", "privacy": "PROTECTED"}).json()["id"]
    own = pinterest.post_pin("Own").json()["id"]
    pinterest.post_pin("Protected", board_id=guarded)
    pinterest.post_pin("Secret", board_id=pinterest.board("Autumn catalogue drafts"))
    pinterest.post_pin("Carousel", media_source=multiple((200, 300), (200, 300)))
    board = pinterest.board("House plants")
    saved = pinterest.call("POST", f"/pins/{own}/save", {"board_id": board}).json()
    pinterest.call("PATCH", f"/pins/{saved['id']}", {"title": "Saved"})
    assert set(titles(pinterest)) == {"Own", "Secret", "Carousel", "Saved"}
    assert "Protected" in titles(pinterest, include_protected_pins="true")
    assert titles(pinterest, pin_filter="exclude_native") == ["Saved"]
    assert set(titles(pinterest, pin_filter="exclude_repins")) == {"Own", "Secret", "Carousel"}
    assert titles(pinterest, pin_filter="has_been_promoted") == []
    assert titles(pinterest, pin_type="PRIVATE") == ["Secret"]
    assert titles(pinterest, creative_types="CAROUSEL") == ["Carousel"]
    for wrong in ({"pin_filter": "mine"}, {"include_protected_pins": "maybe"}, {"creative_types": "POEM"}):
        assert error_of(pinterest.call("GET", "/pins", **wrong)) == (400, 1)


def test_a_pin_is_changed_field_by_field(pinterest: Pinterest) -> None:
    board = pinterest.board("House plants")
    pin = pinterest.post_pin(description="Old words", link="https://a.example/").json()["id"]
    changed = pinterest.call(
        "PATCH", f"/pins/{pin}", {"title": "New", "link": None, "board_id": board}
    ).json()
    assert (changed["title"], changed["description"], changed["link"]) == ("New", "Old words", None)
    assert changed["board_id"] == board
    assert error_of(pinterest.call("PATCH", f"/pins/{pin}", {"title": "T" * 101})) == (400, 1)
    assert error_of(pinterest.call("PATCH", f"/pins/{pin}", {"link": "https://tinyurl.com/x"})) == (400, 1)
    assert pinterest.get(f"/pins/{pin}")["title"] == "New"


def test_a_deleted_pin_is_gone(pinterest: Pinterest) -> None:
    pin = pinterest.post_pin().json()["id"]
    answer = pinterest.call("DELETE", f"/pins/{pin}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert error_of(pinterest.call("DELETE", f"/pins/{pin}")) == (404, 50)
    assert pinterest.pins() == []


def test_a_public_pin_of_another_person_can_be_saved(pinterest: Pinterest) -> None:
    other = pinterest.token_of("northlightstudio")
    theirs = pinterest.post_pin("Bowl", token=other, board_id=pinterest.board("Ceramics", other)).json()["id"]
    assert error_of(pinterest.call("GET", f"/pins/{theirs}")) == (403, 29)
    assert error_of(pinterest.call("DELETE", f"/pins/{theirs}")) == (403, 29)
    board = pinterest.board()
    answer = pinterest.call("POST", f"/pins/{theirs}/save", {"board_id": board})
    assert answer.status_code == 201
    saved = answer.json()
    assert (saved["parent_pin_id"], saved["board_id"], saved["title"]) == (theirs, board, "Bowl")
    assert error_of(pinterest.call("POST", f"/pins/{theirs}/save", {"board_id": "9"})) == (404, 40)
    assert error_of(pinterest.call("POST", "/pins/9/save", {"board_id": board})) == (404, 50)
    wrong_section = {"board_id": board, "board_section_id": "9"}
    assert error_of(pinterest.call("POST", f"/pins/{theirs}/save", wrong_section)) == (404, 2031)


def test_beta_endpoints_answer_code_3_to_apps_without_them(pinterest: Pinterest) -> None:
    pin = pinterest.post_pin().json()["id"]
    pinterest.config(beta=False)
    assert error_of(pinterest.call("PATCH", f"/pins/{pin}", {"title": "x"})) == (401, 3)
    assert error_of(pinterest.call("GET", "/pins/analytics", pin_ids=pin)) == (401, 3)
    assert error_of(pinterest.post_pin(media_source={"source_type": "pin_url"})) == (401, 3)
    assert pinterest.call("DELETE", f"/pins/{pin}").status_code == 204


def test_pins_are_made_from_an_uploaded_video(pinterest: Pinterest) -> None:
    answer = pinterest.call("POST", "/media", {"media_type": "video"})
    assert answer.status_code == 201
    upload = answer.json()
    media = {"source_type": "video_id", "media_id": upload["media_id"], "cover_image_key_frame_time": 1}
    where = f"/media/{upload['media_id']}"

    def send(content: bytes, **more: str) -> int:
        form = {name: (None, value) for name, value in upload["upload_parameters"].items()}
        file = {**form, "file": ("clip.mp4", content)}
        address = upload["upload_url"].replace("//localhost:", "//127.0.0.1:")
        return requests.post(address, files=file, headers=more, timeout=TIMEOUT).status_code

    assert pinterest.get(where)["status"] == "registered"
    assert send(b"\x00\x00\x00\x18ftypmp42", Authorization="Bearer x") == 400
    assert send(b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 1000) == 204
    assert pinterest.get(where)["status"] == "processing"
    assert error_of(pinterest.post_pin(media_source=media)) == (400, 1)
    pinterest.config(media_seconds=0)
    assert pinterest.get(where)["status"] == "succeeded"
    coverless = {name: value for name, value in media.items() if name != "cover_image_key_frame_time"}
    assert error_of(pinterest.post_pin(media_source=coverless)) == (400, 1)
    pin = pinterest.post_pin(media_source=media).json()
    assert (pin["creative_type"], pin["media"]["media_type"]) == ("VIDEO", "video")
    assert pinterest.get("/media")["items"][0]["media_id"] == upload["media_id"]
    assert send(b"this is a text file, whatever it is called") == 204
    assert pinterest.get(where)["status"] == "failed"
    assert pinterest.call("GET", "/media/1").status_code == 404


def test_search_terms_and_trends(pinterest: Pinterest) -> None:
    related = pinterest.get("/terms/related", terms="home office")
    assert related["id"] == "home office"
    assert related["related_terms_list"][0]["related_terms"]
    suggested = pinterest.get("/terms/suggested", term="small", limit=2)
    assert suggested == ["small bathroom", "small space living"]
    trends = pinterest.get("/trends/keywords/GB+IE/top/growing", limit=5)["trends"]
    assert len(trends) == 5
    assert len(trends[0]["time_series"]) == 52
    assert error_of(pinterest.call("GET", "/trends/keywords/MOON/top/growing")) == (400, 1)
