# mypy: ignore-errors
"""Drives the simulator with Pinterest's own SDK. Runs in the SDK's environment, not in ours.

`sdk_drive.py API_URL APP_ID APP_SECRET REFRESH_TOKEN` prints one JSON object with what the SDK understood.
Types are not checked here: where they are, there is no SDK.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import urllib3
from openapi_generated.pinterest_client.api.boards_api import BoardsApi
from openapi_generated.pinterest_client.api.keywords_api import KeywordsApi
from openapi_generated.pinterest_client.api.media_api import MediaApi
from openapi_generated.pinterest_client.api.pins_api import PinsApi
from openapi_generated.pinterest_client.api.terms_api import TermsApi
from openapi_generated.pinterest_client.api.user_account_api import UserAccountApi
from openapi_generated.pinterest_client.configuration import Configuration
from openapi_generated.pinterest_client.exceptions import ApiException
from openapi_generated.pinterest_client.model.board_section import BoardSection
from openapi_generated.pinterest_client.model.board_update import BoardUpdate
from openapi_generated.pinterest_client.model.media_upload_request import MediaUploadRequest
from openapi_generated.pinterest_client.model.pin_update import PinUpdate
from openapi_generated.pinterest_client.model.pin_update_carousel_slots import PinUpdateCarouselSlots
from openapi_generated.pinterest_client.model.trend_type import TrendType
from openapi_generated.pinterest_client.model.trends_supported_region import TrendsSupportedRegion
from pinterest.client import PinterestSDKClient
from pinterest.organic.boards import Board
from pinterest.organic.pins import Pin
from pinterest.utils.refresh_access_token import get_new_access_token

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


IMAGE = {
    "source_type": "image_base64",
    "content_type": "image/png",
    "data": base64.b64encode(PIXEL).decode(),
}
TODAY = datetime.now(UTC).date()
SPAN = (TODAY - timedelta(days=3), TODAY)


def drive(api_url: str, app_id: str, app_secret: str, refresh_token: str) -> dict[str, Any]:
    access_token = get_new_access_token(app_id, app_secret, refresh_token, api_url)
    client = PinterestSDKClient(configuration=Configuration(host=api_url, access_token=access_token))
    return {
        "changed": changed(client),
        "boards_changed": boards_changed(client),
        "video": video(client),
        "searched": searched(client),
        **published(client),  # last: what it makes stays
    }


def published(client: PinterestSDKClient) -> dict[str, Any]:
    account = UserAccountApi(client).user_account_get()
    boards, more = Board.get_all(page_size=5, client=client)
    rest, end = more.get_next()
    made_board = Board.create(name="Made by the SDK", description="Typed", client=client)
    pin = Pin.create(
        board_id=made_board.id,
        media_source=IMAGE,
        title="From the SDK",
        link="https://sdk.example/",
        client=client,
    )
    typed = PinsApi(client).pins_get(pin.id)
    listed = PinsApi(client).pins_list(page_size=10)
    on_board = BoardsApi(client).boards_list_pins(made_board.id)
    numbers = PinsApi(client).pins_analytics(pin.id, *SPAN, ["IMPRESSION", "SAVE", "TOTAL_REACTIONS"])
    batch = PinsApi(client).multi_pins_analytics([pin.id], *SPAN, ["IMPRESSION", "SAVE"])
    whole = UserAccountApi(client).user_account_analytics(*SPAN, metric_types=["IMPRESSION"])
    return {
        "username": account.username,
        "boards": [board.name for board in [*boards, *rest]],
        "last_bookmark": end,
        "pin": {"id": pin.id, "title": pin.title, "created_at": typed.created_at.isoformat()},
        "media_type": pin.media["media_type"],
        "listed": [item["id"] for item in listed["items"]],
        "on_board": [item["id"] for item in on_board["items"]],
        "statuses": [str(day["data_status"]) for day in numbers["all"]["daily_metrics"]],
        "batch": sorted(batch.to_dict()),
        "account_days": len(whole["all"]["daily_metrics"]),
        "refused": refusal(client, made_board.id),
    }


def changed(client: PinterestSDKClient) -> dict[str, Any]:
    """A carousel is made, its words and slots changed, saved elsewhere, filtered for, and deleted."""
    pins = PinsApi(client)
    board, other = (Board.create(name=name, client=client) for name in ("For a while", "Elsewhere"))
    item = {"content_type": IMAGE["content_type"], "data": IMAGE["data"]}
    source = {
        "source_type": "multiple_image_base64",
        "items": [{**item, "title": "Front"}, item],
        "index": 1,
    }
    pin = Pin.create(board_id=board.id, media_source=source, title="Before", client=client)
    slots = [PinUpdateCarouselSlots(title="Side"), PinUpdateCarouselSlots(title="Back")]
    after = pins.pins_update(pin.id, PinUpdate(title="After", alt_text="Two", carousel_slots=slots))
    copy = Pin(pin_id=pin.id, client=client)
    copy.save(board_id=other.id)
    saved = pins.pins_list(pin_filter="exclude_native", include_protected_pins=True, page_size=1)
    first, last = saved["items"][0], saved.get("bookmark")
    for one in (pin.id, first["id"]):
        Pin.delete(one, client=client)
    for one in (board, other):
        Board.delete(one.id, client=client)
    return {
        "title": after.title,
        "alt_text": after.alt_text,
        "slots": [slot["title"] for slot in after.media["items"]],
        "saved": [first["parent_pin_id"] == pin.id, first["board_id"] == other.id, last],
        "left": [item["id"] for item in pins.pins_list()["items"]],
    }


def boards_changed(client: PinterestSDKClient) -> dict[str, Any]:
    api = BoardsApi(client)
    board = Board.create(name="Old name", client=client)
    after = api.boards_update(board.id, BoardUpdate(name="New name", privacy="SECRET"))
    section = api.board_sections_create(board.id, BoardSection(name="Left"))
    pin = Pin.create(board_id=board.id, board_section_id=section.id, media_source=IMAGE, client=client)
    sections = api.board_sections_list(board.id)
    inside = api.board_sections_list_pins(board.id, section.id)
    seen = api.boards_get(board.id)
    api.boards_delete(board.id)
    return {
        "name": after.name,
        "privacy": str(seen.privacy),
        "sections": [one["name"] for one in sections["items"]],
        "inside": [one["id"] for one in inside["items"]] == [pin.id],
    }


def video(client: PinterestSDKClient) -> dict[str, Any]:
    """Registered and asked for by the SDK; the upload itself is a plain form post that it has no call for."""
    api = MediaApi(client)
    place = api.media_create(MediaUploadRequest(media_type="video"))
    parameters = {name: str(value) for name, value in place.upload_parameters.to_dict().items()}
    names = {name: name.replace("_", "-") for name in parameters}
    names["content_type"] = "Content-Type"
    fields = [(names.get(name, name), value) for name, value in parameters.items()]
    fields.append(("file", ("a.mp4", b"\0\0\0\x18ftypmp42" + b"\0" * 1000, "video/mp4")))
    status = urllib3.PoolManager().request("POST", place.upload_url, fields=fields).status
    ends = time.monotonic() + 60
    while str(api.media_get(place.media_id).status) != "succeeded" and time.monotonic() < ends:
        time.sleep(0.1)
    source = {
        "source_type": "video_id",
        "media_id": place.media_id,
        "cover_image_url": "https://a.example/a.jpg",
    }
    board = Board.create(name="Moving", client=client)
    pin = Pin.create(board_id=board.id, media_source=source, client=client)
    kind = pin.media["media_type"]
    Board.delete(board.id, client=client)
    return {
        "upload": status,
        "statuses": [str(one["status"]) for one in api.media_list()["items"]],
        "pin": kind,
    }


def searched(client: PinterestSDKClient) -> dict[str, Any]:
    related = TermsApi(client).terms_related_list(["home office", "sourdough"])
    suggested = TermsApi(client).terms_suggested_list("home", limit=3)
    trends = KeywordsApi(client).trending_keywords_list(
        TrendsSupportedRegion("DE+AT+CH"), TrendType("growing"), limit=4
    )
    return {
        "related": [one["term"] for one in related.related_terms_list],
        "suggested": len(suggested.value),
        "trends": [type(one.pct_growth_yoy).__name__ for one in trends.trends],
    }


def refusal(client: PinterestSDKClient, board_id: str) -> dict[str, Any]:
    try:
        Pin.create(board_id=board_id, media_source=IMAGE, link="https://bit.ly/x", client=client)
    except ApiException as error:
        return {"status": error.status, "body": json.loads(error.body)}
    return {}


if __name__ == "__main__":
    print(json.dumps(drive(*sys.argv[1:])))
