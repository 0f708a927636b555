"""Connected accounts: the list, connecting, one account with its boards and newest Pins, ending it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts import boards, clock, connect, health
from accounts.access import WorkspaceRequest, requires
from accounts.enqueue import start_sync
from accounts.forms import AdAccountForm, CatchUpForm, show_refusal
from accounts.live_images import showable
from accounts.models import PinterestAccount, Role
from accounts.oauth import provider
from accounts.pinterest import errors
from accounts.pinterest.types import Image, Pin
from accounts.views import limits

NAV: Final = "accounts"
THUMBNAIL: Final = 400  # pixels wide


@dataclass(frozen=True, slots=True)
class LivePin:
    pin: Pin
    image: Image | None


def account_or_404(request: WorkspaceRequest, pk: int) -> PinterestAccount:
    return get_object_or_404(request.workspace.accounts.with_board_counts(), pk=pk)


@require_GET
@requires(Role.VIEWER)
def account_list(request: WorkspaceRequest) -> HttpResponse:
    accounts = request.workspace.accounts.with_board_counts()
    return render(request, "accounts/list.html", {"nav": NAV, "accounts": accounts, "tier": connect.tier()})


@requires(Role.ADMIN)
def connect_page(request: WorkspaceRequest) -> HttpResponse:
    """GET explains; POST begins the dance."""
    missing = connect.missing_settings()
    if request.method == "POST" and not missing:
        return provider.begin(request)
    known = {
        "nav": NAV,
        "missing": missing,
        "callback_url": connect.callback_url(),
        "tier": connect.tier(),
        "api_url": settings.PINTEREST_API_URL,
    }
    return render(request, "accounts/connect.html", known, status=409 if request.method == "POST" else 200)


@require_GET
@requires(Role.VIEWER)
def detail(request: WorkspaceRequest, pk: int) -> HttpResponse:
    account = account_or_404(request, pk)
    return render(request, "accounts/detail.html", _page_of(request, account))


@require_POST
@requires(Role.ADMIN)
def act_for(request: WorkspaceRequest, pk: int) -> HttpResponse:
    account = account_or_404(request, pk)
    form = AdAccountForm(request.POST)
    if form.is_valid():
        try:
            owner = connect.act_for(account, **form.cleaned_data, now=clock.now())
        except (health.AccountUnusable, errors.PinterestError) as no:
            show_refusal(form, no)
        else:
            start_sync(account, now=clock.now())
            messages.success(request, f"@{account.username} acts for @{owner} now.")
            return redirect(account)
    return render(request, "accounts/detail.html", _page_of(request, account) | {"form": form}, status=422)


@require_GET
@requires(Role.VIEWER)
def board_list(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The boards' panel alone; it polls this while a sync is under way."""
    account = account_or_404(request, pk)
    if not request.htmx:
        return redirect(account)
    return render(request, "accounts/_boards.html", _boards_of(request, account))


@require_POST
@requires(Role.EDITOR)
def sync(request: WorkspaceRequest, pk: int) -> HttpResponse:
    account = account_or_404(request, pk)
    started = start_sync(account, now=clock.now())
    if request.htmx:
        return render(request, "accounts/_boards.html", _boards_of(request, account_or_404(request, pk)))
    if started:
        messages.success(request, "The boards are being read from Pinterest.")
    else:
        messages.error(request, "The task queue could not be reached. Try again in a moment.")
    return redirect(account)


@require_GET
@requires(Role.VIEWER)
def live_pins(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The newest Pins as Pinterest has them now: a fragment, or a page of their own without scripts."""
    account = account_or_404(request, pk)
    shown: dict[str, object] = {"nav": NAV, "account": account}
    try:
        found = boards.newest_pins(account, now=clock.now())
        shown["pins"] = [LivePin(pin, _showable(pin.image_at_least(THUMBNAIL))) for pin in found]
    except health.AccountUnusable as no:
        shown["trouble"] = no.message
    except errors.PinterestError as no:
        shown["trouble"] = no.plain
    return render(request, "accounts/_live_pins.html" if request.htmx else "accounts/live_pins.html", shown)


@requires(Role.ADMIN)
def disconnect(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Asks first: the dialog on the page sends confirmed=1, without scripts this page does."""
    account = account_or_404(request, pk)
    if request.method != "POST" or request.POST.get("confirmed") != "1":
        return render(request, "accounts/disconnect.html", {"nav": NAV, "account": account})
    connect.disconnect(account, now=clock.now())
    messages.success(request, f"@{account.username} is disconnected, and its tokens are deleted.")
    return redirect("accounts:list")


@require_POST
@requires(Role.ADMIN)
def release(request: WorkspaceRequest, pk: int) -> HttpResponse:
    account = account_or_404(request, pk)
    if health.release(account, now=clock.now()):
        messages.success(request, f"Publishing with @{account.username} goes on.")
    return redirect(account)


@require_POST
@requires(Role.ADMIN)
def catch_up(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """How far apart overdue Pins leave after an outage."""
    account = account_or_404(request, pk)
    form = CatchUpForm(request.POST)
    if not form.is_valid():
        page = _page_of(request, account) | {"catch_up": form}
        return render(request, "accounts/detail.html", page, status=422)
    connect.space_overdue(account, minutes=form.cleaned_data["catch_up_minutes"])
    messages.success(request, "Saved.")
    return redirect(account)


def _page_of(request: WorkspaceRequest, account: PinterestAccount) -> dict[str, object]:
    return _boards_of(request, account) | {
        "limits": limits.rows(account, now=timezone.now()),
        "form": AdAccountForm(initial={"ad_account_id": account.ad_account_id}),
        "ends_soon": account.ends_soon(timezone.now()),
        "catch_up": CatchUpForm(initial={"catch_up_minutes": account.catch_up_minutes}),
    }


def _boards_of(request: WorkspaceRequest, account: PinterestAccount) -> dict[str, object]:
    sought = request.GET.get("q", "").strip()
    found = account.boards.present().named(sought).with_sections()
    return {
        "nav": NAV,
        "account": account,
        "boards": [(board, showable(board.cover_url)) for board in found],
        "q": sought,
        "syncing": account.is_syncing(timezone.now()),
        "tier": connect.tier(),
    }


def _showable(image: Image | None) -> Image | None:
    return image if image and showable(image.url) else None
