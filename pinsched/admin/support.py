"""One workspace as its people would describe it on the telephone. Read only, and nobody is impersonated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from accounts.models import ApiToken, Membership, PinterestAccount, Workspace
from pins import operations
from pins.models import Pin, Status
from pins.schedule import agenda

PINS: Final = 30
MEMBERS: Final = 100
ACCOUNTS: Final = 100
TOKENS: Final = 20


@dataclass(frozen=True, slots=True)
class Tab:
    name: str
    label: str
    number: int | None
    is_open: bool


@dataclass(frozen=True, slots=True)
class Inside:
    workspace: Workspace
    now: datetime
    members: QuerySet[Membership]
    accounts: QuerySet[PinterestAccount]
    tokens: QuerySet[ApiToken]
    pins: list[Pin]
    tabs: list[Tab]


def may_look(request: HttpRequest) -> bool:
    needed = (
        "accounts.view_workspace",
        "accounts.view_user",
        "accounts.view_pinterestaccount",
        "pins.view_pin",
    )
    return request.user.has_perms(needed)


def look(workspace: Workspace, *, only: str, now: datetime) -> Inside:
    return Inside(
        workspace=workspace,
        now=now,
        members=_members(workspace),
        accounts=workspace.accounts.with_board_counts()[:ACCOUNTS],
        tokens=ApiToken.objects.filter(workspace=workspace)
        .select_related("user")
        .defer("token_hash")
        .order_by("-pk")[:TOKENS],
        pins=operations.latest(workspace, now=now, only=only, most=PINS),
        tabs=_tabs(workspace, only),
    )


def _members(workspace: Workspace) -> QuerySet[Membership]:
    """Each with whether the address is confirmed and a second factor set."""
    confirmed = EmailAddress.objects.filter(user=OuterRef("user"), verified=True)
    protected = Authenticator.objects.filter(user=OuterRef("user"))
    return (
        Membership.objects.filter(workspace=workspace)
        .select_related("user")
        .annotate(is_confirmed=Exists(confirmed), is_protected=Exists(protected))
        .order_by("pk")[:MEMBERS]
    )


def _tabs(workspace: Workspace, only: str) -> list[Tab]:
    counts, _ = agenda.standings(workspace)
    tabs = [Tab("", "All", None, is_open=only == ""), Tab("late", "Late", None, is_open=only == "late")]
    for status in Status:
        tabs.append(Tab(status.value, status.label, counts.get(status.value), is_open=only == status.value))
    return tabs
