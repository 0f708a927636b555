"""Making boards and sections, on Pinterest and here."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from accounts import boards, clock
from accounts.access import WorkspaceRequest, requires
from accounts.forms import BoardForm, SectionForm, show_refusal
from accounts.health import AccountUnusable
from accounts.models import Board, Role
from accounts.pinterest.errors import PinterestError
from accounts.views.accounts import NAV, account_or_404


@requires(Role.EDITOR)
def new_board(request: WorkspaceRequest, pk: int) -> HttpResponse:
    account = account_or_404(request, pk)
    form = BoardForm(request.POST or None, account=account)
    if form.is_valid():
        try:
            board = boards.create_board(account, **form.cleaned_data, now=clock.now())
        except (AccountUnusable, PinterestError) as no:
            show_refusal(form, no)
        else:
            messages.success(request, f"The board “{board.name}” is on Pinterest.")
            return redirect(account)
    shown = {"nav": NAV, "form": form, "account": account}
    return render(request, "accounts/new_board.html", shown, status=422 if form.errors else 200)


@requires(Role.EDITOR)
def new_section(request: WorkspaceRequest, pk: int, board_pk: int) -> HttpResponse:
    account = account_or_404(request, pk)
    board = get_object_or_404(Board.objects.present().select_related("account"), account=account, pk=board_pk)
    form = SectionForm(request.POST or None)
    if form.is_valid():
        try:
            section = boards.create_section(board, **form.cleaned_data, now=clock.now())
        except (AccountUnusable, PinterestError) as no:
            show_refusal(form, no)
        else:
            messages.success(request, f"The section “{section.name}” is on “{board.name}”.")
            return redirect(account)
    shown = {"nav": NAV, "form": form, "account": account, "board": board}
    return render(request, "accounts/new_section.html", shown, status=422 if form.errors else 200)
