"""A Pin that is on Pinterest: change it there, delete it there, and what is under way of that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts import clock
from accounts.access import WorkspaceRequest, requires
from accounts.models import Role
from pins import enqueue
from pins.errors import Invalid, WrongState
from pins.forms import Words, initial
from pins.live import changes
from pins.models import LiveChange, Pin

CHANGED_MEANWHILE: Final = (
    "This Pin was changed meanwhile, here or on Pinterest. What you typed is below: compare it with the Pin, "
    "then send it once more."
)


def _pin(request: WorkspaceRequest, pk: int) -> Pin:
    pins = Pin.objects.of(request.workspace).with_parts().prefetch_related(LiveChange.objects.for_pins())
    return get_object_or_404(pins, pk=pk)


@requires(Role.EDITOR)
def edit(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """A form with what the Pin is to say. What stays as it is isn't sent."""
    pin = _pin(request, pk)
    if why := changes.hindrance(pin):
        messages.error(request, why)
        return redirect("pins:detail", pk)
    words = Words(
        request.POST if request.method == "POST" else None,
        workspace=request.workspace,
        pin=pin,
        account=pin.account,
        initial=initial(changes.wished(pin)),
    )
    if request.method == "POST" and words.is_valid() and _change(request, pin, words):
        return redirect("pins:detail", pk)
    status = 422 if request.method == "POST" else 200
    context = {"nav": "queue", "pin": pin, "words": words, "seen": _seen(pin)}
    return render(request, "pins/live/edit.html", context, status=status)


def _seen(pin: Pin) -> str:
    """Which state of the Pin a form was filled from."""
    return pin.updated_at.isoformat()


def _change(request: WorkspaceRequest, pin: Pin, words: Words) -> bool:
    """False when the form says what is wrong."""
    if request.POST.get("seen", _seen(pin)) != _seen(pin):
        # What it was filled from is old: unseen, the old words would go to Pinterest once more.
        words.add_error(None, CHANGED_MEANWHILE)
        return False
    given = changes.differing(pin, words.content())
    try:
        change = changes.change(pin, given=given, user=request.user, now=clock.now())
    except Invalid as no:
        words.take(no)
        return False
    except WrongState as no:
        messages.error(request, no.message)
        return True
    if change is None:
        messages.info(request, "Nothing was changed.")
        return True
    enqueue.carry_out(change.pk)
    messages.success(request, "The change goes to Pinterest now.")
    return True


@requires(Role.EDITOR)
def delete(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Asked twice: nobody can take it back."""
    pin = _pin(request, pk)
    if request.method != "POST":
        if why := changes.hindrance(pin):
            messages.error(request, why)
            return redirect("pins:detail", pk)
        return render(request, "pins/live/delete.html", {"nav": "queue", "pin": pin})
    try:
        change = changes.delete(pin, user=request.user, now=clock.now())
    except WrongState as no:
        messages.error(request, no.message)
    else:
        enqueue.carry_out(change.pk)
    return redirect("pins:detail", pk)


@require_POST
@requires(Role.EDITOR)
def withdraw(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Take a change back before it is sent, or dismiss what Pinterest said to it."""
    return _act(request, pk, lambda change: changes.withdraw(change, now=clock.now()))


@require_POST
@requires(Role.EDITOR)
def retry(request: WorkspaceRequest, pk: int) -> HttpResponse:
    return _act(request, pk, _again)


def _again(change: LiveChange) -> None:
    changes.retry(change, now=clock.now())
    enqueue.carry_out(change.pk)


def _act(request: WorkspaceRequest, pk: int, verb: Callable[[LiveChange], None]) -> HttpResponse:
    change = get_object_or_404(LiveChange.objects.of(request.workspace), pk=pk)
    try:
        verb(change)
    except WrongState as no:
        messages.error(request, no.message)
    return redirect("pins:detail", change.pin_id)
