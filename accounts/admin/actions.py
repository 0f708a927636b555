"""Admin actions over many rows: bounded, with a question before what can't be undone, written down.

One row's refusal stops no other. What became of each stands in the audit log, refusals included.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Final, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

M = TypeVar("M", bound=Model)

MOST: Final = 500  # rows in one request; a person waits for the page
NAMED: Final = 20  # refused rows that are told one by one; the rest is counted by reason
LISTED: Final = 50  # rows that the question names


class NotDone(Exception):
    """The verb refused this row; `message` says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class GiveUp(NotDone):
    """And it would refuse all that follow: a queue that can't be reached, say."""


def act(
    page: admin.ModelAdmin[Any],
    request: HttpRequest,
    rows: QuerySet[M],
    verb: Callable[[M], str],
    *,
    noun: str,
    done: str,
    warning: str = "",
    afterwards: Callable[[], None] | None = None,
) -> TemplateResponse | None:
    """Run the verb, which answers what the audit log shall say, on each row. With a warning, ask first."""
    found = list(rows[: MOST + 1])
    if len(found) > MOST:
        page.message_user(request, f"Nothing was done: choose at most {MOST} rows at once.", messages.ERROR)
        return None
    if warning and "confirmed" not in request.POST:
        return _question(page, request, found, warning, _number(len(found), noun))
    if gone := _missing(request, len(found)):
        words = f"{_number(gone, noun)} not touched: no longer in this list."
        page.message_user(request, words, messages.WARNING)
    refused = _each(page, request, found, verb, done)
    _tell(page, request, refused, noun, done)
    if count := len(found) - len(refused):
        page.message_user(request, f"{_number(count, noun)} {done}.", messages.SUCCESS)
        if afterwards:
            afterwards()
    return None


def _question(
    page: admin.ModelAdmin[Any], request: HttpRequest, rows: list[M], warning: str, number: str
) -> TemplateResponse:
    action = request.POST["action"]
    context = page.admin_site.each_context(request) | {
        "title": "Are you sure?",
        "opts": page.opts,
        "what": dict(page.get_action_choices(request)).get(action, action),
        "warning": warning,
        "number": number,
        "rows": [_named(row) for row in rows[:LISTED]],
        "more": max(0, len(rows) - LISTED),
        "action": action,
        "keys": [row.pk for row in rows],
        "checkbox": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/confirm_action.html", context)


def _each(
    page: admin.ModelAdmin[Any], request: HttpRequest, rows: list[M], verb: Callable[[M], str], done: str
) -> list[tuple[M, str]]:
    """Those that were refused, and why."""
    refused: list[tuple[M, str]] = []
    given_up = ""
    for row in rows:
        try:
            if given_up:
                raise NotDone(given_up)
            said = verb(row)
        except NotDone as no:
            given_up = no.message if isinstance(no, GiveUp) else given_up
            refused.append((row, no.message))
            said = f"Not {done}: {no.message}"
        page.log_change(request, row, said)
    return refused


def _tell(
    page: admin.ModelAdmin[Any], request: HttpRequest, refused: list[tuple[M, str]], noun: str, done: str
) -> None:
    for row, why in refused[:NAMED]:
        words = format_html("{} was not {}: {}", _named(row), done, why)
        page.message_user(request, words, messages.WARNING)
    for why, many in Counter(why for _, why in refused[NAMED:]).items():
        page.message_user(request, f"{_number(many, noun)} more not {done}: {why}", messages.WARNING)


def _missing(request: HttpRequest, found: int) -> int:
    """The list's filters are asked again with each request: how many of those that were chosen left it."""
    if request.POST.get("select_across") == "1":
        return 0
    return max(0, len(set(request.POST.getlist(ACTION_CHECKBOX_NAME))) - found)


def _named(row: Model) -> SafeString:
    label = f"{row} (no. {row.pk})"
    try:
        address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return format_html("{}", label)
    return format_html('<a href="{}">{}</a>', address, label)


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}{'es' if noun.endswith('s') else 's'}"
