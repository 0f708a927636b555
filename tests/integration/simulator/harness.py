"""The few words that tests of the simulator are written in."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import requests
from PIL import Image

from tests.support.simulated import Simulator
from tests.support.waiting import PATIENCE

ROOT: Final = Path(__file__).resolve().parents[3]
APP: Final = ("simulator", "simulator-secret")
CALLBACK: Final = "http://localhost:8000/accounts/pinterest/callback/"
EVERY_SCOPE: Final = (
    "user_accounts:read boards:read boards:write pins:read pins:write boards:read_secret "
    "boards:write_secret pins:read_secret pins:write_secret ads:read"
)
TIMEOUT: Final = PATIENCE

Answer = requests.Response


class Pinterest(Simulator):
    """With calls of API v5, as somebody else's program would make them."""

    token = ""

    def token_of(self, username: str = "alderandoat", scope: str = EVERY_SCOPE) -> str:
        granted: dict[str, str] = self.grant(username, scope=scope)
        return granted["access_token"]

    def call(
        self, method: str, path: str, body: object = None, *, token: str | None = None, **query: object
    ) -> Answer:
        """A call of API v5, by alderandoat unless another token is given."""
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        asked: Mapping[str, Any] = query
        return requests.request(
            method, f"{self.url}/v5{path}", json=body, headers=headers, params=asked, timeout=TIMEOUT
        )

    def get(self, path: str, *, token: str | None = None, **query: object) -> Any:
        answer = self.call("GET", path, token=token, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def token_call(self, auth: tuple[str, str] = APP, **form: str) -> Answer:
        return requests.post(f"{self.url}/v5/oauth/token", data=form, auth=auth, timeout=TIMEOUT)

    def consent(self, decision: str = "give", *, scope: str = EVERY_SCOPE, **form: str) -> dict[str, str]:
        """Someone presses a button on the consent page; returns what the app's callback is told."""
        query = {
            "client_id": APP[0],
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": scope.replace(" ", ","),
            "state": "s-1",
        }
        answer = requests.post(
            f"{self.url}/oauth/",
            params=query,
            data={"decision": decision, **form},
            allow_redirects=False,
            timeout=TIMEOUT,
        )
        assert answer.status_code == 302, answer.text
        target = answer.headers["Location"]
        assert target.startswith(f"{CALLBACK}?")
        return {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}

    def board(self, name: str = "Home office ideas", token: str | None = None) -> str:
        boards = self.get("/boards", token=token, page_size=250)["items"]
        found: str = next(board["id"] for board in boards if board["name"] == name)
        return found

    def ahead(self) -> float:
        """Seconds that its clock is ahead of this machine's, by the `Date` of an answer that is an error."""
        answer = requests.get(f"{self.api_url}/user_account", timeout=TIMEOUT)
        return (parsedate_to_datetime(answer.headers["Date"]) - datetime.now(UTC)).total_seconds()

    def post_pin(self, title: str = "A calm desk", *, token: str | None = None, **fields: object) -> Answer:
        if "board_id" not in fields:
            fields["board_id"] = self.board(token=token)
        body = {"title": title, "media_source": source(), **fields}
        return self.call("POST", "/pins", body, token=token)


def picture(format_: str = "JPEG", size: tuple[int, int] = (200, 300), color: str = "#792351") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, format_)
    return out.getvalue()


def base64_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


def source(content: bytes | None = None, content_type: str = "image/jpeg") -> dict[str, object]:
    encoded = base64_of(picture() if content is None else content)
    return {"source_type": "image_base64", "content_type": content_type, "data": encoded}


def error_of(answer: Answer) -> tuple[int, int]:
    """Status and code of an error, which must look like one of Pinterest's."""
    body = answer.json()
    assert set(body) == {"code", "message"}, body
    assert isinstance(body["message"], str)
    return answer.status_code, body["code"]
