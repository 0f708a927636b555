"""One Pin: what it says, what became of it, its numbers, and what can be done with it now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from accounts import clock
from accounts.access import WorkspaceRequest, requires
from accounts.live_images import showable
from accounts.models import Role
from pins import enqueue, operations
from pins.analytics import charts, figures
from pins.compose import drafts
from pins.errors import Invalid, WrongState
from pins.forms import PinAddress, When, when_initial
from pins.models import Attempt, AttemptState, LiveChange, MediaStatus, Pin, Status
from pins.models.live_change import UNDER_WAY
from pins.publish import reconcile
from pins.schedule import queue
from pins.views import change_state, pin_state, question

PAGE: Final = "pins/publish/detail.html"
CHART_DAYS: Final = 90


def _pin(request: WorkspaceRequest, pk: int) -> Pin:
    # The change before the Pin: if it is done in between, the page asks once in vain. The other way round
    # it would show the Pin as it was, and nothing to wait for.
    change = LiveChange.objects.of(request.workspace).standing().filter(pin=pk).first()
    pin = get_object_or_404(Pin.objects.of(request.workspace).with_parts(), pk=pk)
    pin.live_change = change
    return pin


@requires(Role.VIEWER)
def detail(request: WorkspaceRequest, pk: int) -> HttpResponse:
    gone = Pin.objects.filter(workspace=request.workspace, status=Status.DELETED).exclude(pinterest_id="")
    try:
        pin = _pin(request, pk)
    except Http404:
        if not gone.filter(pk=pk).exists():
            raise
        messages.success(request, "This Pin was deleted from Pinterest. Its numbers are kept.")
        return redirect("pins:list")
    return render(request, PAGE, _context(request, pin))


@requires(Role.VIEWER)
def changed(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Asked every two seconds while a Pin is on its way: nothing, or "load the page again". What somebody is
    typing on the page is left alone until something has happened."""
    pins = Pin.objects.filter(workspace=request.workspace).with_why()
    pin = get_object_or_404(pins.prefetch_related(LiveChange.objects.for_pins()), pk=pk)
    change = pin.live_change.mark if pin.live_change else ""
    asked = [request.GET.get(name, "") for name in ("was", "why", "change")]
    if asked == [pin.status, pin_state.mark(pin), change]:
        return HttpResponse(status=204)
    return HttpResponseClientRefresh()


def _context(request: WorkspaceRequest, pin: Pin) -> dict[str, object]:
    now, role = timezone.now(), request.membership.role
    attempts = list(pin.attempts.order_by("-started_at", "-pk")[:50])
    known = pin_state.Known(
        problems=drafts.problems(pin) if pin.is_editable else [],
        looks_at=_looks_at(pin, attempts),
        stalled_since=operations.stalled_since(pin, now=now),
    )
    return {
        "nav": "queue",
        "pin": pin,
        "state": pin_state.of(pin, known, role=role, now=now),
        "change": change_state.of(pin.live_change, role=role) if pin.live_change else None,
        "problems": known.problems,
        "attempts": attempts,
        "saved": _saved(pin),
        "changes": list(pin.live_changes.exclude(sent_at=None).exclude(state__in=UNDER_WAY)[:50]),
        "preparing": pin.cover is not None and pin.cover.status == MediaStatus.PROCESSING,
        "when": When(workspace=request.workspace, initial=when_initial(pin, request.workspace)),
        "totals": figures.totals(pin) if pin.status == Status.PUBLISHED else [],
        "chart": charts.pin_chart(pin, last=now.date(), days=CHART_DAYS),
        **_question(pin),
    }


def _saved(pin: Pin) -> Pin | None:
    """Which of the workspace's own Pins this one is a save of."""
    if not pin.is_save:
        return None
    return Pin.objects.known(pin.workspace, pin.parent_pinterest_id).first()


def _looks_at(pin: Pin, attempts: Sequence[Attempt]) -> datetime | None:
    """When PinSched looks on Pinterest next whether a call whose answer was lost made this Pin."""
    if pin.status not in (Status.PUBLISHING, Status.NEEDS_REVIEW):
        return None
    return next((attempt.look_at for attempt in attempts if attempt.state == AttemptState.UNKNOWN), None)


def _question(pin: Pin) -> dict[str, object]:
    """What a person is asked about a Pin in review."""
    attempt = reconcile.question(pin)
    suspect = attempt.suspect if attempt else None
    if not suspect:
        return {"question": attempt, "ours": list(question.ours(pin)), "address": PinAddress()}
    return {
        "question": attempt,
        "ours": list(question.ours(pin)),
        "theirs": list(question.theirs(pin, suspect)),
        "suspect_image": showable(suspect["image_url"]),
        "suspect_at": parse_datetime(suspect["created_at"]),
    }


def _act(request: WorkspaceRequest, pk: int, verb: Callable[[Pin], object], done: str) -> HttpResponse:
    """Run a verb on a Pin and say what happened; a refusal stands where the person looks next."""
    pin = _pin(request, pk)
    try:
        verb(pin)
    except WrongState as no:
        messages.error(request, no.message)
    except Invalid as no:
        messages.error(request, " ".join(problem.message for problem in no.problems))
    else:
        enqueue.nudge_dispatcher()
        messages.success(request, _told(pin, done))
    return redirect("pins:detail", pk)


def _told(pin: Pin, done: str) -> str:
    """No promise that its account can't keep."""
    if pin.waits_for_account:
        return f"Queued. It goes out by itself once {pin.account} publishes again."
    return done


@require_POST
@requires(Role.EDITOR)
def publish_now(request: WorkspaceRequest, pk: int) -> HttpResponse:
    return _act(request, pk, lambda pin: queue.publish_now(pin, now=clock.now()), "Publishing now.")


@require_POST
@requires(Role.EDITOR)
def retry(request: WorkspaceRequest, pk: int) -> HttpResponse:
    answer = _act(request, pk, lambda pin: queue.retry(pin, now=clock.now()), "Trying again now.")
    enqueue.fetch()
    return answer


@require_POST
@requires(Role.EDITOR)
def link(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """In review: "it's there". Where PinSched could not read the board, the person says which Pin it is."""
    found, asked = "", reconcile.question(pin := _pin(request, pk))
    if asked and not asked.suspect:
        form = PinAddress(request.POST)
        if not form.is_valid():
            return render(request, PAGE, _context(request, pin) | {"address": form}, status=422)
        found = form.cleaned_data["address"]
    done = "Linked: this Pin is published."
    return _act(request, pk, lambda pin: reconcile.link(pin, pinterest_id=found, now=clock.now()), done)


@requires(Role.EDITOR)
def post_again(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """In review: "it isn't there". Asked twice, because a mistake posts it twice."""
    if request.method != "POST":
        return render(request, "pins/publish/post_again.html", {"nav": "queue", "pin": _pin(request, pk)})
    return _act(request, pk, lambda pin: reconcile.post_again(pin, now=clock.now()), "It goes out again now.")


@require_POST
@requires(Role.EDITOR)
def unschedule(request: WorkspaceRequest, pk: int) -> HttpResponse:
    return _act(request, pk, queue.unschedule, "Taken out of the queue. It is a draft now.")


@require_POST
@requires(Role.EDITOR)
def reschedule(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The time of a Pin, from its page. A refusal shows the form again with what was typed."""
    pin = _pin(request, pk)
    form = When(request.POST, workspace=request.workspace, keep=pin.publish_at)
    if form.is_valid():
        try:
            queue.schedule(pin, at=form.instant, now=clock.now())
        except WrongState as no:
            messages.error(request, no.message)
            return redirect("pins:detail", pk)
        except Invalid as no:
            for problem in no.problems:
                form.add_error("time" if problem.field == "publish_at" else None, problem.message)
        else:
            enqueue.nudge_dispatcher()
            messages.success(request, "Scheduled.")
            return redirect("pins:detail", pk)
    return render(request, PAGE, {**_context(request, pin), "when": form}, status=422)


@requires(Role.EDITOR)
def delete(request: WorkspaceRequest, pk: int) -> HttpResponse:
    pin = _pin(request, pk)
    if request.method != "POST":
        return render(request, "pins/compose/delete.html", {"nav": "queue", "pin": pin})
    try:
        drafts.discard(pin)
    except WrongState as no:
        messages.error(request, no.message)
        return redirect("pins:detail", pk)
    # base.html draws "undo:" as a button that posts there.
    messages.success(request, "Pin deleted.", extra_tags=f"undo:{reverse('pins:restore', args=[pk])}")
    return redirect("pins:list")


@require_POST
@requires(Role.EDITOR)
def restore(request: WorkspaceRequest, pk: int) -> HttpResponseRedirect:
    """Undo of delete."""
    pin = get_object_or_404(Pin.objects.filter(workspace=request.workspace), pk=pk)
    try:
        drafts.restore(pin)
    except WrongState as no:
        messages.error(request, no.message)
    else:
        messages.success(request, "The Pin is back, as a draft.")
    return redirect("pins:detail", pk)
