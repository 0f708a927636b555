"""The calls PinSched makes to Pinterest's API, as one account: dataclasses in and out.

A read is tried up to three times within its deadline. A write is sent once: whoever called decides
what a lost answer means.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, TypeVar

import requests

from accounts.pinterest import errors, limits, transport
from accounts.pinterest.types import (
    PIN_METRICS,
    VIDEO_METRICS,
    Board,
    Garbled,
    NewPin,
    Page,
    Pin,
    PinAnalytics,
    Section,
    UserAccount,
)

logger = logging.getLogger(__name__)

T = TypeVar("T")
Category = Literal["org_read", "org_write", "org_analytics"]

PAGE_SIZE: Final = 250  # the most Pinterest gives; fewer pages, fewer calls
MOST_PAGES: Final = 1_000  # a list that is longer is a bookmark that leads nowhere
READ_PAUSES: Final = (0.2, 0.8)  # seconds before the second and third try of a read


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One request, for quotas and logs. `status` is None when no answer came."""

    method: str
    category: Category
    status: int | None
    limits: limits.Limits | None
    request_id: str
    ms: int


class PinterestClient:
    """Cheap to make: connections belong to the address. `deadline` is in seconds, for one whole call."""

    def __init__(
        self,
        access_token: str,
        *,
        api_url: str,
        ad_account_id: str | None = None,
        deadline: float = transport.DEADLINE,
        session: requests.Session | None = None,
        on_response: Callable[[CallRecord], None] | None = None,
    ) -> None:
        self._auth = transport.Bearer(access_token)
        self._api_url = api_url.rstrip("/")
        self._ad_account_id = ad_account_id or None
        self._deadline = deadline
        self._session = session or transport.shared_session(self._api_url)
        self._on_response = on_response

    # Account, boards, sections -----------------------------------------------------------------------------

    def user_account(self, *, ad_account_id: str | None = None) -> UserAccount:
        return self._read("/user_account", UserAccount.read, ad_account_id=ad_account_id)

    def boards(self, *, ad_account_id: str | None = None) -> Iterator[Board]:
        """All boards the token may see, page by page."""
        return self._all("/boards", Board.read, ad_account_id=ad_account_id)

    def sections(self, board_id: str, *, ad_account_id: str | None = None) -> Iterator[Section]:
        return self._all(f"/boards/{_part(board_id)}/sections", Section.read, ad_account_id=ad_account_id)

    def create_board(
        self, name: str, *, description: str = "", privacy: str = "PUBLIC", ad_account_id: str | None = None
    ) -> Board:
        body: dict[str, object] = {"name": name, "privacy": privacy}
        if description:
            body["description"] = description
        return self._write("/boards", body, Board.read, ad_account_id=ad_account_id)

    def create_section(self, board_id: str, name: str, *, ad_account_id: str | None = None) -> Section:
        path = f"/boards/{_part(board_id)}/sections"
        return self._write(path, {"name": name}, Section.read, ad_account_id=ad_account_id)

    # Pins --------------------------------------------------------------------------------------------------

    def create_pin(self, pin: NewPin, *, ad_account_id: str | None = None) -> Pin:
        """Sent exactly once. OutcomeUnknown means: the Pin may exist."""
        return self._write("/pins", pin.payload(), Pin.read, ad_account_id=ad_account_id)

    def pin(self, pin_id: str, *, ad_account_id: str | None = None) -> Pin:
        return self._read(f"/pins/{_part(pin_id)}", Pin.read, ad_account_id=ad_account_id)

    def pins_page(
        self,
        *,
        bookmark: str | None = None,
        page_size: int = 25,
        pin_filter: str | None = None,
        ad_account_id: str | None = None,
    ) -> Page[Pin]:
        """One page of the account's Pins. Seen newest first; no order is promised."""
        query = {"bookmark": bookmark, "page_size": str(page_size), "pin_filter": pin_filter}
        return self._read("/pins", _page_of(Pin.read), query=query, ad_account_id=ad_account_id)

    def pins(self, *, ad_account_id: str | None = None) -> Iterator[Pin]:
        return self._all("/pins", Pin.read, ad_account_id=ad_account_id)

    def board_pins(self, board_id: str, *, ad_account_id: str | None = None) -> Iterator[Pin]:
        return self._all(f"/boards/{_part(board_id)}/pins", Pin.read, ad_account_id=ad_account_id)

    def section_pins(
        self, board_id: str, section_id: str, *, ad_account_id: str | None = None
    ) -> Iterator[Pin]:
        path = f"/boards/{_part(board_id)}/sections/{_part(section_id)}/pins"
        return self._all(path, Pin.read, ad_account_id=ad_account_id)

    def pin_analytics(
        self, pin_id: str, start: date, end: date, *, video: bool = False, ad_account_id: str | None = None
    ) -> PinAnalytics:
        """Daily numbers, both days in. `video` only for video Pins: others are refused the video numbers."""
        query = {
            "start_date": start.isoformat(),
            "end_date": end.isoformat(),
            "metric_types": ",".join(VIDEO_METRICS if video else PIN_METRICS),
        }
        return self._read(
            f"/pins/{_part(pin_id)}/analytics",
            PinAnalytics.read,
            query=query,
            category="org_analytics",
            ad_account_id=ad_account_id,
        )

    # How a call is made ------------------------------------------------------------------------------------

    def _all(self, path: str, read: Callable[[object], T], *, ad_account_id: str | None) -> Iterator[T]:
        """Every item of a list. Ends only where Pinterest says so: one cut short looks like a deletion."""
        seen: set[str] = set()
        bookmark: str | None = None
        while len(seen) < MOST_PAGES:
            query = {"page_size": str(PAGE_SIZE), "bookmark": bookmark}
            page = self._read(path, _page_of(read), query=query, ad_account_id=ad_account_id)
            yield from page.items
            if page.bookmark is None:
                return
            if page.bookmark in seen:
                break
            bookmark = page.bookmark
            seen.add(bookmark)
        raise errors.Unavailable("Pinterest's list does not end: a bookmark leads back.")

    def _read(
        self,
        path: str,
        read: Callable[[object], T],
        *,
        query: Mapping[str, str | None] | None = None,
        category: Category = "org_read",
        ad_account_id: str | None = None,
    ) -> T:
        """A GET, tried again after Unavailable while its one deadline lasts."""
        ends = time.monotonic() + self._deadline
        params = self._params(query, ad_account_id)
        for pause in (*READ_PAUSES, None):
            try:
                answer = self._send("GET", path, category, params=params, deadline=ends - time.monotonic())
                return _parsed(answer, read, is_write=False)
            except errors.Unavailable:
                if pause is None or time.monotonic() + pause >= ends:
                    raise
                time.sleep(pause)
        raise AssertionError("The last try returns or raises.")

    def _write(
        self, path: str, body: dict[str, object], read: Callable[[object], T], *, ad_account_id: str | None
    ) -> T:
        answer = self._send(
            "POST",
            path,
            "org_write",
            params=self._params(None, ad_account_id),
            body=body,
            deadline=self._deadline,
        )
        return _parsed(answer, read, is_write=True)

    def _params(self, query: Mapping[str, str | None] | None, ad_account_id: str | None) -> dict[str, str]:
        acting = {"ad_account_id": ad_account_id or self._ad_account_id}
        return {name: value for name, value in {**(query or {}), **acting}.items() if value}

    def _send(
        self,
        method: str,
        path: str,
        category: Category,
        *,
        params: dict[str, str],
        deadline: float,
        body: dict[str, object] | None = None,
    ) -> transport.Answer:
        """One request. Records it whatever becomes of it, then raises for everything but 2xx."""
        began = time.monotonic()
        try:
            answer = transport.send(
                self._session,
                method,
                self._api_url + path,
                auth=self._auth,
                params=params,
                json=body,
                deadline=deadline,
            )
        except (errors.Unavailable, errors.OutcomeUnknown) as error:
            ms = round((time.monotonic() - began) * 1000)
            self._record(CallRecord(method, category, None, None, "", ms), path, lost=error.message)
            raise
        request_id = answer.headers.get("x-pinterest-rid", "")
        known = limits.parse(answer.headers)
        self._record(CallRecord(method, category, answer.status, known, request_id, answer.ms), path)
        if not 200 <= answer.status < 300:
            raise errors.from_response(
                answer.status, answer.body, headers=answer.headers, is_write=method != "GET"
            )
        return answer

    def _record(self, record: CallRecord, path: str, *, lost: str = "") -> None:
        logger.info(
            "pinterest.call",
            extra={
                "method": record.method,
                "path": path,
                "category": record.category,
                "status": record.status,
                "remaining": record.limits.remaining if record.limits else None,
                "pinterest_rid": record.request_id,
                "ms": record.ms,
                "lost": lost,
            },
        )
        if self._on_response:
            self._on_response(record)


def _parsed(answer: transport.Answer, read: Callable[[object], T], *, is_write: bool) -> T:
    """The answer as a dataclass. A garbled answer to a write says nothing about whether it was made."""
    try:
        return read(json.loads(answer.body))
    except (ValueError, RecursionError) as error:  # Garbled and JSONDecodeError are ValueErrors
        raises = errors.OutcomeUnknown if is_write else errors.Unavailable
        words = str(error) if isinstance(error, Garbled) else "it is not JSON"
        raise raises(
            f"Pinterest's answer can't be read: {words}.",
            http_status=answer.status,
            request_id=answer.headers.get("x-pinterest-rid", ""),
        ) from error


def _page_of(read: Callable[[object], T]) -> Callable[[object], Page[T]]:
    def page(answer: object) -> Page[T]:
        items = answer.get("items") if isinstance(answer, dict) else None
        if not isinstance(answer, dict) or not isinstance(items, list):
            raise Garbled("A list was expected")
        bookmark = answer.get("bookmark")
        more = isinstance(bookmark, str) and bookmark != ""
        return Page(tuple(read(item) for item in items), bookmark if more else None)

    return page


def _part(text: str) -> str:
    """An id as part of a path: letters, digits, - and _ only, so that no id can name another path."""
    if not text or not text.replace("-", "").replace("_", "").isalnum() or not text.isascii():
        raise ValueError("This is no id of Pinterest's.")
    return text
