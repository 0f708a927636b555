"""The bell and the banner of every page, from one query."""

from __future__ import annotations

from typing import Any, Final

from django import template

from accounts.models import PinterestAccount
from pins.models import Notification
from pins.models.notification import STOPPED

register = template.Library()

MOST: Final = 100  # open ones that are counted; the bell says "9+" long before


@register.simple_tag(takes_context=True)
def unread_notices(context: template.Context) -> int:
    """`{% unread_notices as unread %}`: of what is still true, how much this person has not read."""
    return sum(told.read_at is None for told in _open(context["request"]))  # type: ignore[attr-defined]  # annotated


@register.simple_tag(takes_context=True)
def stopped_accounts(context: template.Context) -> list[PinterestAccount]:
    """`{% stopped_accounts as stopped %}`: those that publish nothing until somebody acts, newest first."""
    found = (told.account for told in _open(context["request"]) if told.kind in STOPPED)
    return list(dict.fromkeys(account for account in found if account is not None))


def _open(request: Any) -> list[Notification]:
    """Read once a page, however often it is drawn on it."""
    if not hasattr(request, "open_notices"):
        told = Notification.objects.copies_of(request.user, request.workspace).still_true()
        request.open_notices = list(told[:MOST])
    found: list[Notification] = request.open_notices
    return found


@register.simple_tag
def notice_words(told: Notification, place: Any) -> str:
    """`{% notice_words told workspace %}`: its message, times in the zone of a workspace."""
    return told.words(place.zone)
