"""Connected Pinterest accounts and their boards. No token, sealed or not, is shown or loaded."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import Truncator
from kombu.exceptions import OperationalError

from accounts import clock, enqueue, health
from accounts.admin.actions import GiveUp, NotDone, act
from accounts.admin.lists import Listed
from accounts.enqueue import start_sync
from accounts.models import (
    Board,
    BoardSection,
    Health,
    PinterestAccount,
    Stop,
)
from accounts.models.pinterest_account import PinterestAccountQuerySet

TOKEN_FIELDS: Final = ("access_token", "refresh_token")


class TokensFilter(admin.SimpleListFilter):
    title = "tokens"
    parameter_name = "tokens"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("ending", "Ending soon, or ended"), ("renewing", "Being renewed now")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not isinstance(queryset, PinterestAccountQuerySet):
            return queryset
        match self.value():
            case "ending":
                return queryset.tokens_ending(timezone.now())
            case "renewing":
                return queryset.filter(refreshing_until__gt=timezone.now())
            case _:
                return queryset


RELEASES: Final = (
    "Its Pins whose time is over go out at once. If Pinterest’s reason for the hold still stands, Pinterest "
    "will refuse them, and may do worse."
)
RENEWS: Final = (
    "Pinterest hands out new tokens and ends the old ones. Should it say no, the account must be connected "
    "again by its people before anything more is published."
)
REASON_SHOWN: Final = 80  # characters in a list; the account's page has all


@admin.register(PinterestAccount)
class PinterestAccountAdmin(Listed):
    """Only looked at: connections are made and ended on the accounts page, by whom they belong to."""

    list_display = (
        "username",
        "workspace",
        "health",
        "reason",
        "health_changed_at",
        "access_expires_at",
        "refresh_expires_at",
        "boards_synced_at",
        "boards_sync_message",
    )
    list_filter = ("health", "health_code", TokensFilter, "kind", "api_url")
    list_select_related = ("workspace",)
    search_fields = ("username", "name", "=pinterest_id", "workspace__name", "workspace__slug")
    search_help_text = "Username, name, Pinterest’s id, or workspace"
    date_hierarchy = "connected_at"
    list_per_page = 50
    actions = ("hold", "release", "sync_boards", "renew")
    exclude = TOKEN_FIELDS

    def get_queryset(self, request: HttpRequest) -> PinterestAccountQuerySet:
        return PinterestAccount.objects.defer(*TOKEN_FIELDS).order_by("username", "pk")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: PinterestAccount | None = None) -> bool:
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """For actions: they ask the verbs, which know what may be done."""
        return request.user.has_perm("accounts.change_pinterestaccount")

    def has_delete_permission(self, request: HttpRequest, obj: PinterestAccount | None = None) -> bool:
        return False

    @admin.display(ordering="health_code")
    def reason(self, account: PinterestAccount) -> str:
        return Truncator(account.health_message or account.health_code).chars(REASON_SHOWN)

    @admin.action(description="Hold: stop publishing", permissions=["operate"])
    def hold(self, request: HttpRequest, queryset: PinterestAccountQuerySet) -> TemplateResponse | None:
        verb = partial(_hold, now=clock.now())
        return act(self, request, queryset, verb, noun="account", done="put on hold")

    @admin.action(description="Release: go on publishing", permissions=["operate"])
    def release(self, request: HttpRequest, queryset: PinterestAccountQuerySet) -> TemplateResponse | None:
        verb = partial(_release, now=clock.now())
        return act(self, request, queryset, verb, noun="account", done="released", warning=RELEASES)

    @admin.action(description="Re-sync boards", permissions=["operate"])
    def sync_boards(
        self, request: HttpRequest, queryset: PinterestAccountQuerySet
    ) -> TemplateResponse | None:
        verb = partial(_sync, now=clock.now())
        return act(self, request, queryset, verb, noun="account", done="being synced")

    @admin.action(description="Renew tokens now", permissions=["operate"])
    def renew(self, request: HttpRequest, queryset: PinterestAccountQuerySet) -> TemplateResponse | None:
        assert request.user.pk is not None  # staff
        verb = partial(_renew, asked_by=request.user.pk)
        return act(self, request, queryset, verb, noun="account", done="being renewed", warning=RENEWS)


def _hold(account: PinterestAccount, *, now: datetime) -> str:
    if not health.stop(account, why=Stop.OPERATOR, now=now):
        raise NotDone("It isn’t publishing: see its health.")
    return "Hold: publishing stopped."


def _release(account: PinterestAccount, *, now: datetime) -> str:
    why = account.health_message or "no reason given"
    if not health.release(account, now=now):
        raise NotDone("It isn’t on hold.")
    return f"Release: publishes again. It was held: {why}"


def _sync(account: PinterestAccount, *, now: datetime) -> str:
    if not start_sync(account, now=now):
        raise GiveUp("The task queue can’t be reached.")
    return "Re-sync of the boards asked for."


def _renew(account: PinterestAccount, *, asked_by: int) -> str:
    """Asks the workers: nothing here waits for Pinterest. What came of it they write in the audit log."""
    if account.health not in (Health.ACTIVE, Health.HELD):
        raise NotDone("Its people must connect it again.")
    if account.api_url != settings.PINTEREST_API_URL:
        raise NotDone(f"It was connected at {account.api_url}.")
    try:
        enqueue.renewal(account, asked_by=asked_by)
    except OperationalError as away:
        raise GiveUp("The task queue can’t be reached.") from away
    return "Renewal of the tokens asked for."


class BoardSectionInline(admin.TabularInline):  # type: ignore[type-arg]  # generic in its stub only
    model = BoardSection
    extra = 0
    fields = readonly_fields = ("name", "pinterest_id", "vanished_at")
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Board)
class BoardAdmin(Listed):
    list_display = ("name", "account", "workspace", "privacy", "pin_count", "vanished_at")
    list_filter = ("privacy", ("vanished_at", admin.EmptyFieldListFilter))
    list_select_related = ("account__workspace",)
    search_fields = ("name", "=pinterest_id", "account__username", "account__workspace__name")
    show_full_result_count = False
    list_per_page = 50
    fields = readonly_fields = (
        "account",
        "name",
        "description",
        "privacy",
        "pin_count",
        "pinterest_id",
        "vanished_at",
    )
    inlines = (BoardSectionInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Board | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Board | None = None) -> bool:
        return False

    @admin.display(ordering="account__workspace__name")
    def workspace(self, board: Board) -> str:
        return board.account.workspace.name
