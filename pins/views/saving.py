"""Save a Pin that is on Pinterest to one of our boards: at once, at a time, or as a draft for later."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from accounts import clock
from accounts.access import WorkspaceRequest, requires
from accounts.models import Role
from accounts.pinterest.addresses import pin_address, pin_id_in
from pins import enqueue
from pins.compose import drafts
from pins.errors import Invalid, WrongState
from pins.forms import SaveForm, When, destination_key, read_choice, when_initial
from pins.models import Pin, Status
from pins.schedule import batch, queue


@requires(Role.EDITOR)
def new(request: WorkspaceRequest) -> HttpResponse:
    """`?pin=` its number or address on Pinterest."""
    if request.method == "POST":
        return _keep(request, None)
    given = request.GET.get("pin", "")
    form = SaveForm(workspace=request.workspace, initial={"address": given})
    return _page(request, None, form, _when(request, None), choice="draft", parent=pin_id_in(given))


@requires(Role.EDITOR)
def edit(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Another board, another time."""
    pin = get_object_or_404(Pin.objects.of(request.workspace).with_parts(), pk=pk)
    if not (pin.is_save and pin.is_editable):
        return redirect("pins:detail", pk)
    if request.method == "POST":
        return _keep(request, pin)
    place = {"destination": destination_key(drafts.content_of(pin))}
    form = SaveForm(workspace=request.workspace, pin=pin, initial=place)
    choice = "at" if pin.publish_at else "draft"
    return _page(request, pin, form, _when(request, pin), choice=choice, parent=pin.parent_pinterest_id)


def _when(request: WorkspaceRequest, pin: Pin | None) -> When:
    return When(workspace=request.workspace, initial=when_initial(pin, request.workspace))


def _keep(request: WorkspaceRequest, pin: Pin | None) -> HttpResponse:
    """Whatever is refused, what was typed is kept."""
    form = SaveForm(request.POST, workspace=request.workspace, pin=pin)
    when = When(request.POST, workspace=request.workspace, keep=pin.publish_at if pin else None)
    choice = read_choice(request.POST)
    if form.is_valid() and (choice != "at" or when.is_valid()):
        now = clock.now()
        at = when.instant if choice == "at" else now if choice == "now" else None
        try:
            kept = _write(request, pin, form, at=at, now=now)
        except Invalid as no:
            form.take(no)
        except WrongState as no:
            messages.error(request, no.message)
            return redirect("pins:list")
        else:
            enqueue.nudge_dispatcher()
            stays = kept.status == Status.FAILED  # until somebody retries it
            messages.success(request, "Changed." if stays else batch.summary([kept], choice))
            return redirect("pins:detail", kept.pk)
    parent = pin.parent_pinterest_id if pin else form.cleaned_data.get("address", "")
    return _page(request, pin, form, when, choice=choice, parent=parent, status=422)


def _write(
    request: WorkspaceRequest, pin: Pin | None, form: SaveForm, *, at: datetime | None, now: datetime
) -> Pin:
    """Raises Invalid, WrongState."""
    if pin is not None:
        queue.amend(pin, given=form.place(), media=None, reschedule=True, at=at, now=now)
        pin.refresh_from_db()
        return pin
    return queue.create(
        request.workspace,
        content=drafts.Content(**form.place()),
        media=(),
        user=request.user,
        at=at,
        now=now,
        parent=form.cleaned_data["address"],
    )


def _page(
    request: WorkspaceRequest,
    pin: Pin | None,
    form: SaveForm,
    when: When,
    *,
    choice: str,
    parent: str,
    status: int = 200,
) -> HttpResponse:
    known = Pin.objects.known(request.workspace, parent).with_parts().first() if parent else None
    context = {
        "nav": "compose",
        "pin": pin,
        "form": form,
        "when": when,
        "choice": choice,
        "parent": parent,
        "parent_url": pin_address(parent),
        "known": known,
        "shown": known or pin,  # what the save will look like, as far as we know
    }
    return render(request, "pins/compose/save.html", context, status=status)
