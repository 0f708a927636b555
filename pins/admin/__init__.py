"""The operator's view of the pipeline. Looked at, not edited: what a Pin says is its people's business, and
its status moves only through the verbs, which the actions call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, Final

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import Truncator

from accounts import clock
from accounts.admin.actions import NotDone, act
from accounts.admin.lists import Listed
from accounts.models import PinterestAccount, Workspace
from pins import enqueue
from pins.admin.filters import (
    ChosenFilter,
    CreatedFilter,
    LateFilter,
    OutFilter,
    RecentFilter,
    SettledFilter,
    TouchedFilter,
)
from pins.errors import Invalid, WrongState
from pins.models import (
    Attempt,
    DailyMetric,
    Library,
    LiveChange,
    Media,
    Notification,
    Pin,
    PinMedia,
    Receipt,
    Status,
)
from pins.models.paging import counted
from pins.models.pin import PinQuerySet
from pins.rules import metrics
from pins.schedule import queue

MEANT: Final = 100  # accounts and workspaces that a search may mean
REASON_SHOWN: Final = 80  # characters in a list; the Pin's page has all
GOES_OUT: Final = (
    "Each goes out to Pinterest at once. What is on Pinterest is seen by others, and not taken back here."
)
LOSES_TIME: Final = (
    "Each becomes a draft and loses its time; its people must schedule it again. The audit log keeps it."
)


class CountedPaginator(Paginator):  # type: ignore[type-arg]  # generic in its stub only
    """No page beyond ten thousand rows, so that none of a large table is slow: filters lead there."""

    @cached_property
    def count(self) -> int:
        return counted(self.object_list)  # type: ignore[arg-type]  # a QuerySet, in the admin


class LookedAt(Listed):
    """Every field, none to change. Tables grow large here: no count of all rows."""

    show_full_result_count = False
    paginator = CountedPaginator
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """For actions: they ask the verbs, which know what may be done."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LookedAtInline(admin.TabularInline):  # type: ignore[type-arg]  # generic in its stub only
    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class AttemptInline(LookedAtInline):
    model = Attempt
    fields = ("state", "started_at", "sent_at", "settled_at", "http_status", "code", "message", "request_id")


class LiveChangeInline(LookedAtInline):
    model = LiveChange
    fields = (
        "kind",
        "words",
        "board",
        "state",
        "due_at",
        "sent_at",
        "settled_at",
        "http_status",
        "code",
        "message",
    )


class PinMediaInline(LookedAtInline):
    model = PinMedia
    fields = ("media", "position")


@admin.register(Pin)
class PinAdmin(LookedAt):
    list_display = (
        "__str__",
        "status",
        "account",
        "board",
        "workspace",
        "publish_at",
        "late_by",
        "published_at",
        "reason",
    )
    list_filter = (
        LateFilter,
        "status",
        ("reason_code", RecentFilter),
        ("account__health", admin.ChoicesFieldListFilter),
        TouchedFilter,
        OutFilter,
        "origin",
        ("parent_pinterest_id", admin.EmptyFieldListFilter),
        ("account", ChosenFilter),
    )
    list_select_related = ("account", "board", "workspace")
    search_fields = ("=pinterest_id", "=id")  # and what get_search_results adds
    search_help_text = "Words, Pinterest’s id, account, workspace’s slug, or our id"
    ordering = ("-pk",)
    inlines = (PinMediaInline, AttemptInline, LiveChangeInline)
    actions = ("retry", "publish_now", "hold")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pin]:
        found: QuerySet[Pin] = super().get_queryset(request)
        return found.defer("account__access_token", "account__refresh_token")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Pin], search_term: str
    ) -> tuple[QuerySet[Pin], bool]:
        """By the index of words, which no join can be asked with: who is meant is looked up first."""
        assert isinstance(queryset, PinQuerySet)
        typed = search_term.replace("\x00", "").strip()
        accounts = PinterestAccount.objects.filter(username__icontains=typed).values_list("pk", flat=True)
        workspaces = Workspace.objects.filter(slug__icontains=typed).values_list("pk", flat=True)
        also = Q(account__in=list(accounts[:MEANT])) | Q(workspace__in=list(workspaces[:MEANT]))
        if typed.isascii() and typed.isdecimal():
            also |= Q(pk=int(typed[:18])) | Q(pinterest_id=typed)
        found = queryset.search(typed, also=also) if typed else queryset
        request.number_found = found.number  # type: ignore[attr-defined]  # for get_paginator
        return found, False

    def get_paginator(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Paginator[Any]:
        """What was searched is counted already."""
        made: Paginator[Any] = super().get_paginator(request, *args, **kwargs)
        if (number := getattr(request, "number_found", None)) is not None:
            made.count = number
        return made

    @admin.display(ordering="reason_code")
    def reason(self, pin: Pin) -> str:
        return Truncator(pin.stated.message or pin.stated.code).chars(REASON_SHOWN)

    @admin.display(description="late by", empty_value="")
    def late_by(self, pin: Pin) -> timedelta | None:
        if pin.status not in (Status.SCHEDULED, Status.PUBLISHING) or pin.publish_at is None:
            return None
        late = timezone.now() - pin.publish_at
        return timedelta(seconds=int(late.total_seconds())) if late > timedelta() else None

    @admin.action(description="Retry: queue failed Pins again, now", permissions=["operate"])
    def retry(self, request: HttpRequest, queryset: PinQuerySet) -> TemplateResponse | None:
        return act(
            self,
            request,
            queryset.with_parts(),
            partial(_in_words, _retry),
            noun="Pin",
            done="queued again",
            warning=GOES_OUT,
            afterwards=enqueue.nudge_dispatcher,
        )

    @admin.action(description="Publish now: send scheduled or failed Pins at once", permissions=["operate"])
    def publish_now(self, request: HttpRequest, queryset: PinQuerySet) -> TemplateResponse | None:
        return act(
            self,
            request,
            queryset.with_parts(),
            partial(_in_words, _publish_now),
            noun="Pin",
            done="queued to go out now",
            warning=GOES_OUT,
            afterwards=enqueue.nudge_dispatcher,
        )

    @admin.action(description="Hold: take scheduled Pins out of the queue", permissions=["operate"])
    def hold(self, request: HttpRequest, queryset: PinQuerySet) -> TemplateResponse | None:
        return act(
            self,
            request,
            queryset.with_parts(),
            partial(_in_words, _hold),
            noun="Pin",
            done="held as drafts",
            warning=LOSES_TIME,
        )


def _in_words(verb: Callable[[Pin], str], pin: Pin) -> str:
    """The verb, its refusals in the words of an action."""
    try:
        return verb(pin)
    except WrongState as no:
        raise NotDone(no.message) from no
    except Invalid as no:
        raise NotDone(" ".join(problem.message for problem in no.problems)) from no


def _retry(pin: Pin) -> str:
    why = pin.reason_message or pin.reason_code or "no reason given"
    queue.retry(pin, now=clock.now())
    return f"Retry: queued again, to go out at once. It had failed: {why}"


def _publish_now(pin: Pin) -> str:
    """Of a draft its people have not yet said that it may go out, nor of one that waits for approval."""
    if pin.status not in (Status.SCHEDULED, Status.FAILED):
        raise NotDone("Only a scheduled or a failed Pin can be sent now.")
    was = f"{pin.get_status_display()}, for {_instant(pin)}"
    queue.publish_now(pin, now=clock.now())
    return f"Publish now: queued to go out at once. It was: {was}."


def _hold(pin: Pin) -> str:
    was = _instant(pin)
    queue.unschedule(pin)
    return f"Hold: taken out of the queue, a draft now. It was to go out at {was}."


def _instant(pin: Pin) -> str:
    return pin.publish_at.isoformat(timespec="seconds") if pin.publish_at else "no time"


@admin.register(Attempt)
class AttemptAdmin(LookedAt):
    list_display = (
        "id",
        "pin",
        "state",
        "started_at",
        "sent_at",
        "settled_at",
        "http_status",
        "code",
        "request_id",
    )
    list_filter = (
        "state",
        ("code", RecentFilter),
        ("http_status", RecentFilter),
        SettledFilter,
        ("pin__account", ChosenFilter),
    )
    list_select_related = ("pin",)
    search_fields = ("=request_id", "=pin__pinterest_id", "pin__title", "message", "=pin__id")
    search_help_text = "Request id, Pinterest’s id, title, message, or the Pin’s id"
    ordering = ("-pk",)


@admin.register(Media)
class MediaAdmin(LookedAt):
    list_display = (
        "__str__",
        "workspace",
        "status",
        "content_type",
        "width",
        "height",
        "size_bytes",
        "created_at",
    )
    list_filter = (
        CreatedFilter,
        "status",
        "kind",
        ("content_type", RecentFilter),
        ("reason_code", RecentFilter),
    )
    list_select_related = ("workspace",)
    search_fields = ("name", "=sha256", "workspace__slug", "=id")
    search_help_text = "File name, SHA-256, workspace’s slug, or id"
    ordering = ("-pk",)


class ReceiptInline(LookedAtInline):
    model = Receipt
    fields = ("user", "read_at", "mail_due_at", "mailed_at")
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Receipt]:
        found: QuerySet[Receipt] = super().get_queryset(request)
        return found.select_related("user")


@admin.register(Notification)
class NotificationAdmin(LookedAt):
    list_display = ("title", "kind", "level", "workspace", "account", "created_at", "resolved_at")
    list_filter = (
        CreatedFilter,
        "kind",
        "level",
        ("resolved_at", admin.EmptyFieldListFilter),
        ("account", ChosenFilter),
    )
    list_select_related = ("workspace", "account")
    search_fields = ("title", "message", "account__username", "workspace__slug", "=id")
    search_help_text = "Words, account, workspace’s slug, or id"
    ordering = ("-pk",)
    inlines = (ReceiptInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        found: QuerySet[Notification] = super().get_queryset(request)
        return found.defer("account__access_token", "account__refresh_token")


@admin.register(DailyMetric)
class DailyMetricAdmin(LookedAt):
    list_display = ("day", "pin", "account", *(metric.name for metric in metrics.SHOWN), "final")
    list_filter = ("final", ("account", ChosenFilter))
    list_select_related = ("pin", "account")
    search_fields = ("=pin__pinterest_id", "pin__title", "account__username", "=pin__id")
    search_help_text = "Pinterest’s id, title, account, or the Pin’s id"
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[DailyMetric]:
        found: QuerySet[DailyMetric] = super().get_queryset(request)
        return found.defer("account__access_token", "account__refresh_token")


@admin.register(Library)
class LibraryAdmin(LookedAt):
    list_display = ("account", "pin_count", "read_at", "tried_at", "message")
    list_filter = (("message", admin.EmptyFieldListFilter), ("account", ChosenFilter))
    list_select_related = ("account",)
    search_fields = ("account__username", "account__workspace__slug")
    search_help_text = "Account, or workspace’s slug"
    ordering = ("-read_at", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Library]:
        found: QuerySet[Library] = super().get_queryset(request)
        return found.defer("account__access_token", "account__refresh_token")
