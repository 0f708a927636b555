"""Pins: made, read, listed, changed, deleted, saved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from accounts.pinterest.sending import Sending, part
from accounts.pinterest.types import NewPin, Page, Pin, PinChanges

PinFilter = Literal["exclude_native", "exclude_repins", "has_been_promoted"]


class PinCalls(Sending):
    """Refused names the field that Pinterest objects to; `pin` for one that isn't there (404, code 50).

    Times are UTC in whole seconds. No list promises an order; newest first was seen.
    """

    def create_pin(self, pin: NewPin, *, ad_account_id: str | None = None) -> Pin:
        """POST /pins, sent exactly once. OutcomeUnknown: the Pin may exist; there is no idempotency key.

        TrialTier: the app may not create Pins in production. A Video must have succeeded before.
        """
        return self._write("/pins", pin.payload(), Pin.read, query=self._acting(ad_account_id))

    def pin(self, pin_id: str, *, ad_account_id: str | None = None) -> Pin:
        """GET /pins/{pin_id}: one of the account's own Pins."""
        return self._read(f"/pins/{part(pin_id)}", Pin.read, query=self._acting(ad_account_id))

    def update_pin(self, pin_id: str, changes: PinChanges, *, ad_account_id: str | None = None) -> Pin:
        """PATCH /pins/{pin_id}; a beta: RestrictedFeature for an app that was not granted it.

        OutcomeUnknown: it may have changed; read it back with `pin`.
        """
        body = changes.payload()
        if not body:
            raise ValueError("A change changes something.")
        path = f"/pins/{part(pin_id)}"
        return self._write(path, body, Pin.read, method="PATCH", query=self._acting(ad_account_id))

    def delete_pin(self, pin_id: str, *, ad_account_id: str | None = None) -> None:
        """DELETE /pins/{pin_id}, for good.

        OutcomeUnknown: it may be gone; `pin` then says Refused with 404.
        """
        self._delete(f"/pins/{part(pin_id)}", query=self._acting(ad_account_id))

    def save_pin(
        self, pin_id: str, board_id: str, *, section_id: str = "", ad_account_id: str | None = None
    ) -> Pin:
        """POST /pins/{pin_id}/save: a public Pin, anyone's, onto an own board. Returns the new Pin.

        Sent exactly once. OutcomeUnknown: it may be saved; the copy carries `parent_pin_id`.
        """
        body = {"board_id": board_id, **({"board_section_id": section_id} if section_id else {})}
        path = f"/pins/{part(pin_id)}/save"
        return self._write(path, body, Pin.read, query=self._acting(ad_account_id))

    def pins_page(
        self,
        *,
        bookmark: str | None = None,
        page_size: int = 25,
        pin_filter: PinFilter | None = None,
        include_protected_pins: bool = False,
        ad_account_id: str | None = None,
    ) -> Page[Pin]:
        """GET /pins: one page of the account's Pins, 1 to 250 of them."""
        query = self._listing(pin_filter, include_protected_pins, ad_account_id)
        return self._page("/pins", Pin.read, page_size=page_size, bookmark=bookmark, query=query)

    def pins(
        self,
        *,
        pin_filter: PinFilter | None = None,
        include_protected_pins: bool = False,
        ad_account_id: str | None = None,
    ) -> Iterator[Pin]:
        """GET /pins: all of them, page by page."""
        query = self._listing(pin_filter, include_protected_pins, ad_account_id)
        return self._all("/pins", Pin.read, query=query)

    def pin_pages(self, *, ad_account_id: str | None = None) -> Iterator[Page[Pin]]:
        """GET /pins: all of them, page by page. The next page is asked for when it is wanted."""
        return self._pages("/pins", Pin.read, query=self._listing(None, False, ad_account_id))

    def board_pins(self, board_id: str, *, ad_account_id: str | None = None) -> Iterator[Pin]:
        """GET /boards/{board_id}/pins: all of them, those of its sections too."""
        path = f"/boards/{part(board_id)}/pins"
        return self._all(path, Pin.read, query=self._acting(ad_account_id))

    def section_pins(
        self, board_id: str, section_id: str, *, ad_account_id: str | None = None
    ) -> Iterator[Pin]:
        """GET /boards/{board_id}/sections/{section_id}/pins: all of them."""
        path = f"/boards/{part(board_id)}/sections/{part(section_id)}/pins"
        return self._all(path, Pin.read, query=self._acting(ad_account_id))

    def _listing(
        self, pin_filter: PinFilter | None, include_protected_pins: bool, ad_account_id: str | None
    ) -> dict[str, str | None]:
        protected = "true" if include_protected_pins else None
        return {
            "pin_filter": pin_filter,
            "include_protected_pins": protected,
            **self._acting(ad_account_id),
        }
