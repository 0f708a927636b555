"""How every call is sent: one account's token, one deadline, errors by what to do next. Knows no resource.

A read is tried up to three times within its deadline. A write is sent once: whoever called decides what a
lost answer means.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Self, TypeVar

import requests

from accounts.pinterest import errors, limits, transport
from accounts.pinterest.body import encode
from accounts.pinterest.types.reading import Garbled, Page, page_of

logger = logging.getLogger(__name__)

T = TypeVar("T")
Category = Literal["org_read", "org_write", "org_analytics", "ads_read", "trends_read"]
Query = Mapping[str, str | Sequence[str] | None]

PAGE_SIZE: Final = 250  # the most Pinterest gives; fewer pages, fewer calls
MOST_PAGES: Final = 1_000  # a list that is longer is a bookmark that leads nowhere
READ_PAUSES: Final = (0.2, 0.8)  # seconds before the second and third try of a read


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One request, for quotas and logs. `status` is None when no answer came.

    `retry_after` is how many seconds a rate limit asks to wait; `has_left` is False when no byte was sent;
    `moment` is None when the answer had no date.
    """

    method: str
    category: Category
    status: int | None
    limits: limits.Limits | None
    request_id: str
    ms: int
    retry_after: float | None = None
    has_left: bool = True
    moment: transport.Moment | None = None


class Sending:
    """Cheap to make: connections belong to the address. `deadline` is in seconds, for one whole call.

    `before` is asked before each request, outside the deadline: it may wait, or raise RateLimited.
    """

    _ends: float | None = None

    def __init__(
        self,
        access_token: str,
        *,
        api_url: str,
        ad_account_id: str | None = None,
        deadline: float = transport.DEADLINE,
        session: requests.Session | None = None,
        on_response: Callable[[CallRecord], None] | None = None,
        before: Callable[[Category], None] | None = None,
    ) -> None:
        self._auth = transport.Bearer(access_token)
        self._api_url = api_url.rstrip("/")
        self._ad_account_id = ad_account_id or None
        self._deadline = deadline
        self._session = session or transport.shared_session(self._api_url)
        self._on_response = on_response
        self._before = before

    def until(self, ends: float) -> Self:
        """From now on no write lasts longer than this instant of the monotonic clock, nor begins after it:
        not even in a process that was frozen meanwhile."""
        self._ends = ends
        return self

    def connect_ahead(self) -> Callable[[], None]:
        """See transport.connect_ahead."""
        return transport.connect_ahead(self._session, self._api_url, deadline=self._deadline)

    # What a resource may ask for ---------------------------------------------------------------------------

    def _all(self, path: str, read: Callable[[object], T], *, query: Query | None = None) -> Iterator[T]:
        """Every item of a list."""
        for page in self._pages(path, read, query=query):
            yield from page.items

    def _pages(
        self, path: str, read: Callable[[object], T], *, query: Query | None = None
    ) -> Iterator[Page[T]]:
        """A whole list, each page asked for when it is wanted. Ends only where Pinterest says so: one that is
        cut short looks like a deletion."""
        seen: set[str] = set()
        bookmark: str | None = None
        while len(seen) < MOST_PAGES:
            page = self._page(path, read, page_size=PAGE_SIZE, bookmark=bookmark, query=query)
            yield page
            if page.bookmark is None:
                return
            if page.bookmark in seen:
                break
            bookmark = page.bookmark
            seen.add(bookmark)
        raise errors.Unavailable("Pinterest's list does not end: a bookmark leads back.")

    def _page(
        self,
        path: str,
        read: Callable[[object], T],
        *,
        page_size: int,
        bookmark: str | None,
        query: Query | None = None,
    ) -> Page[T]:
        place: Query = {"page_size": str(page_size), "bookmark": bookmark}
        return self._read(path, page_of(read), query={**(query or {}), **place})

    def _read(
        self,
        path: str,
        read: Callable[[object], T],
        *,
        query: Query | None = None,
        category: Category = "org_read",
    ) -> T:
        """A GET, tried again after Unavailable while its one deadline lasts."""
        ends = time.monotonic() + self._deadline
        for pause in (*READ_PAUSES, None):
            ends += self._ask_leave(category)
            try:
                answer = self._send("GET", path, category, query=query, deadline=ends - time.monotonic())
                return _parsed(answer, read, is_write=False)
            except errors.Unavailable:
                if pause is None or time.monotonic() + pause >= ends:
                    raise
                time.sleep(pause)
        raise AssertionError("The last try returns or raises.")

    def _write(
        self,
        path: str,
        body: Mapping[str, object],
        read: Callable[[object], T],
        *,
        query: Query | None = None,
        method: Literal["POST", "PATCH"] = "POST",
    ) -> T:
        """A POST or PATCH, sent once. OutcomeUnknown when it may have landed."""
        self._ask_leave("org_write")
        encoded = encode(body)  # which takes its time: before it is asked how much is left
        answer = self._send(method, path, "org_write", query=query, body=encoded, deadline=self._left())
        return _parsed(answer, read, is_write=True)

    def _delete(self, path: str, *, query: Query | None = None) -> None:
        """A DELETE, sent once. Only a 204 says that it was done."""
        self._ask_leave("org_write")
        answer = self._send("DELETE", path, "org_write", query=query, deadline=self._left())
        if answer.status != 204:
            raise errors.OutcomeUnknown(
                "Pinterest's answer to a deletion is not the one it gives.",
                http_status=answer.status,
                request_id=answer.request_id,
            )

    def _acting(self, ad_account_id: str | None) -> dict[str, str | None]:
        """For whom: the call's ad account, else the client's. Not every operation takes one."""
        return {"ad_account_id": ad_account_id or self._ad_account_id}

    def _left(self) -> float:
        """Seconds that a write may take."""
        if self._ends is None:
            return self._deadline
        return min(self._deadline, self._ends - time.monotonic())

    # One request -------------------------------------------------------------------------------------------

    def _ask_leave(self, category: Category) -> float:
        """Seconds that the leave took. Raises what `before` raises: nothing was sent."""
        began = time.monotonic()
        if self._before:
            self._before(category)
        return time.monotonic() - began

    def _send(
        self,
        method: str,
        path: str,
        category: Category,
        *,
        query: Query | None,
        deadline: float,
        body: bytes | None = None,
    ) -> transport.Answer:
        """One request. Records it whatever becomes of it, then raises for everything but 2xx."""
        began = time.monotonic()
        try:
            answer = transport.send(
                self._session,
                method,
                self._api_url + path,
                auth=self._auth,
                params={name: value for name, value in (query or {}).items() if value},
                json=body,
                deadline=deadline,
            )
        except (errors.Unavailable, errors.OutcomeUnknown) as lost:
            ms = round((time.monotonic() - began) * 1000)
            has_left = not isinstance(lost, errors.NoConnection)
            record = CallRecord(method, category, None, None, "", ms, has_left=has_left)
            self._record(record, path, lost=lost.message)
            raise
        request_id = answer.request_id
        known = limits.parse(answer.headers)
        error = None
        if not 200 <= answer.status < 300:
            error = errors.from_response(
                answer.status, answer.body, headers=answer.headers, is_write=method != "GET"
            )
        wait = error.retry_after if isinstance(error, errors.RateLimited) else None
        record = CallRecord(
            method, category, answer.status, known, request_id, answer.ms, wait, moment=answer.moment
        )
        self._record(record, path)
        if error:
            raise error
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


def part(text: str) -> str:
    """An id as part of a path: letters, digits, - and _ only, so that no id can name another path."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", text):
        raise ValueError("This is no id of Pinterest's.")
    return text


def _parsed(answer: transport.Answer, read: Callable[[object], T], *, is_write: bool) -> T:
    """The answer as a dataclass. A garbled answer to a write says nothing about whether it was made."""
    try:
        return read(json.loads(answer.body))
    except (ValueError, RecursionError) as error:  # Garbled and JSONDecodeError are ValueErrors
        raises = errors.OutcomeUnknown if is_write else errors.Unavailable
        words = str(error).rstrip(".") if isinstance(error, Garbled) else "it is not JSON"
        raise raises(
            f"Pinterest's answer can't be read: {words}.",
            http_status=answer.status,
            request_id=answer.request_id,
        ) from error
