# mypy: ignore-errors
"""Drives the simulator with Pinterest's own SDK. Runs in the SDK's environment, not in ours.

`sdk_drive.py API_URL APP_ID APP_SECRET REFRESH_TOKEN` prints one JSON object with what the SDK understood.
Types are not checked here: where they are, there is no SDK.
"""

from __future__ import annotations

import base64
import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from openapi_generated.pinterest_client.api.boards_api import BoardsApi
from openapi_generated.pinterest_client.api.pins_api import PinsApi
from openapi_generated.pinterest_client.api.user_account_api import UserAccountApi
from openapi_generated.pinterest_client.configuration import Configuration
from openapi_generated.pinterest_client.exceptions import ApiException
from pinterest.client import PinterestSDKClient
from pinterest.organic.boards import Board
from pinterest.organic.pins import Pin
from pinterest.utils.refresh_access_token import get_new_access_token

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def drive(api_url: str, app_id: str, app_secret: str, refresh_token: str) -> dict[str, Any]:
    access_token = get_new_access_token(app_id, app_secret, refresh_token, api_url)
    client = PinterestSDKClient(configuration=Configuration(host=api_url, access_token=access_token))
    account = UserAccountApi(client).user_account_get()
    boards, more = Board.get_all(page_size=5, client=client)
    rest, end = more.get_next()
    image = {
        "source_type": "image_base64",
        "content_type": "image/png",
        "data": base64.b64encode(PIXEL).decode(),
    }
    made_board = Board.create(name="Made by the SDK", description="Typed", client=client)
    pin = Pin.create(
        board_id=made_board.id,
        media_source=image,
        title="From the SDK",
        link="https://sdk.example/",
        client=client,
    )
    typed = PinsApi(client).pins_get(pin.id)
    listed = PinsApi(client).pins_list(page_size=10)
    on_board = BoardsApi(client).boards_list_pins(made_board.id)
    today = datetime.now(UTC).date()
    numbers = PinsApi(client).pins_analytics(
        pin.id, today - timedelta(days=3), today, ["IMPRESSION", "SAVE", "TOTAL_REACTIONS"]
    )
    return {
        "username": account.username,
        "boards": [board.name for board in [*boards, *rest]],
        "last_bookmark": end,
        "pin": {"id": pin.id, "title": pin.title, "created_at": typed.created_at.isoformat()},
        "media_type": pin.media["media_type"],
        "listed": [item["id"] for item in listed["items"]],
        "on_board": [item["id"] for item in on_board["items"]],
        "statuses": [str(day["data_status"]) for day in numbers["all"]["daily_metrics"]],
        "refused": refusal(client, made_board.id, image),
    }


def refusal(client: PinterestSDKClient, board_id: str, image: dict[str, str]) -> dict[str, Any]:
    try:
        Pin.create(board_id=board_id, media_source=image, link="https://bit.ly/x", client=client)
    except ApiException as error:
        return {"status": error.status, "body": json.loads(error.body)}
    return {}


if __name__ == "__main__":
    print(json.dumps(drive(*sys.argv[1:])))
