"""Compose: one form for one Pin or a batch. Each picture makes a Pin of its own; the words are shared.

`batch` names the draft Pins that the form stands for: what was uploaded or typed is in the database from
the first moment, and the page can be left and found again among the drafts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST

from accounts import clock
from accounts.access import WorkspaceRequest, requires
from accounts.models import Role
from pins import enqueue, imagefile
from pins.compose.drafts import REMOVED, content_of
from pins.errors import Invalid, WrongState
from pins.forms import When, Words, initial, read_choice, read_framing, when_initial
from pins.media import download, framing, intake
from pins.models import Media, MediaStatus, Pin, Status
from pins.rules import localtime
from pins.schedule import batch


def _keys(words: list[str]) -> list[int]:
    """Row ids among words; the rest isn't ours and is left out."""
    keys = [int(word) for word in words if word.isdecimal() and len(word) < 18]
    return list(dict.fromkeys(keys))[: batch.MOST]


def _batch(request: WorkspaceRequest, source: QueryDict) -> list[Pin]:
    """The Pins that `batch` names, in that order; another workspace's Pin is a 404, and so is a save."""
    keys = _keys(source.get("batch", "").split(","))
    pins = Pin.objects.of(request.workspace).filter(parent_pinterest_id="")
    found = {pin.pk: pin for pin in pins.with_parts().filter(pk__in=keys)}
    if len(found) < len(keys):
        raise Http404("No such Pin.")
    return [found[key] for key in keys]


def _deleted(request: WorkspaceRequest, source: QueryDict) -> list[Pin]:
    """Those that `batch` names and somebody deleted, each of which can be brought back."""
    pins = Pin.objects.filter(workspace=request.workspace, status=Status.DELETED, pinterest_id="")
    return list(pins.filter(pk__in=_keys(source.get("batch", "").split(","))).order_by("pk"))


def _pictures(request: WorkspaceRequest) -> tuple[list[Media], list[int]]:
    """The pictures that the form lists, in that order; and the ids of those that aren't there: removed, as no
    Pin used them (unused.py), or another workspace's, which is answered the same."""
    keys = _keys(request.POST.getlist("media"))
    found = {one.pk: one for one in Media.objects.of(request.workspace).filter(pk__in=keys)}
    return [found[key] for key in keys if key in found], [key for key in keys if key not in found]


@dataclass(slots=True)
class Filled:
    """What the form holds, as it was opened or as it was sent."""

    pins: list[Pin]
    pictures: list[Media]
    words: Words
    when: When
    choice: str
    gone: Sequence[int] = ()  # pictures that it lists and that aren't there any more
    image_url: str = ""


@requires(Role.EDITOR)
def compose(request: WorkspaceRequest) -> HttpResponse:
    try:
        return _save(request) if request.method == "POST" else _open(request)
    except Http404:
        deleted = _deleted(request, request.POST or request.GET)
        if not deleted:
            raise
        return render(request, "pins/compose/deleted.html", {"pins": deleted}, status=404)


def _open(request: WorkspaceRequest) -> HttpResponse:
    pins = _batch(request, request.GET)
    if closed := next((pin for pin in pins if not pin.is_editable), None):
        return redirect("pins:detail", closed.pk)
    first, workspace = pins[0] if pins else None, request.workspace
    asked = _asked_time(request)
    opened = Filled(
        pins,
        pictures=[pin.cover for pin in pins if pin.cover is not None],
        words=Words(workspace=workspace, pin=first, initial=initial(content_of(first)) if first else {}),
        when=When(workspace=workspace, initial=when_initial(first, workspace, asked)),
        choice="at" if asked or (first and first.publish_at) else "draft",
    )
    return _page(request, opened)


def _asked_time(request: WorkspaceRequest) -> datetime | None:
    """`?at=2026-10-14T18:15`, a time on the workspace's wall clock, as the calendar's links say it."""
    try:
        local = parse_datetime(request.GET.get("at", ""))
        if local is None or local.tzinfo is not None:
            return None
        return localtime.instant(local.date(), local.time(), request.workspace.zone)
    except ValueError:  # NoSuchTime is one
        return None


def _page(request: WorkspaceRequest, filled: Filled, status: int = 200) -> HttpResponse:
    pins, pictures = filled.pins, filled.pictures
    unsaved = {picture.pk for picture in pictures if _show_as_sent(picture, request.POST)}
    context = {
        "nav": "compose",
        "pins": pins,
        "pin": pins[0] if pins else None,
        "pictures": pictures,
        "gone": filled.gone,
        "settled": framing.settled(pictures),
        "unsaved": unsaved,
        "formats": imagefile.ACCEPTED,
        "content_types": imagefile.CONTENT_TYPES,
        "batch": ",".join(str(pin.pk) for pin in pins),
        # A scheduled Pin is changed on purpose, by the button; drafts are kept while they are written.
        "autosaves": all(pin.status == Status.DRAFT for pin in pins),
        "words": filled.words,
        "when": filled.when,
        "choice": filled.choice,
        "image_url": filled.image_url,
        "max_bytes": settings.UPLOAD_LIMIT_BYTES,
        "max_files": batch.MOST,
    }
    return render(request, "pins/compose/composer.html", context, status=status)


def _sent(request: WorkspaceRequest) -> Filled:
    pins = _batch(request, request.POST)
    pictures, gone = _pictures(request)
    return Filled(
        pins,
        pictures=pictures,
        words=Words(request.POST, workspace=request.workspace, pin=pins[0] if pins else None),
        when=When(request.POST, workspace=request.workspace, keep=pins[0].publish_at if pins else None),
        choice=read_choice(request.POST),
        gone=gone,
    )


def _save(request: WorkspaceRequest) -> HttpResponse:
    """Save as drafts, schedule or publish. Whatever is refused, what was typed and uploaded is kept."""
    filled = _sent(request)
    try:
        done = _carry_out(request, filled)
    except Invalid as no:
        filled.words.take(no)
        done = False
        if any(problem.field == "url" for problem in no.problems):
            filled.image_url = request.POST.get("image_url", "")
    except WrongState as no:
        messages.error(request, no.message)
        return redirect("pins:list")
    if not done:
        return _page(request, filled, status=404 if filled.gone else 422)
    enqueue.nudge_dispatcher()
    messages.success(request, batch.summary(filled.pins, filled.choice))
    return redirect("pins:detail", filled.pins[0].pk) if len(filled.pins) == 1 else redirect("pins:list")


def _carry_out(request: WorkspaceRequest, filled: Filled) -> bool:
    """False when a form says what is in the way. What was stored by then stands in `filled` in any case.

    Raises Invalid, WrongState.
    """
    filled.pictures += _uploads(request, room=batch.MOST - len(filled.pictures))
    filled.pictures += _addressed(request, room=batch.MOST - len(filled.pictures))
    if not filled.words.is_valid() or filled.gone:
        return False
    drafts, queued = filled.choice == "draft", any(pin.status == Status.SCHEDULED for pin in filled.pins)
    if drafts and queued and not filled.words.check_text():
        return False  # it stays in the queue as it was, until the words are mended
    filled.pins = _write(request, filled.pins, filled.pictures, filled.words, as_drafts=drafts)
    if _frame(request, filled.pictures)[1]:
        messages.error(request, framing.FRAMED_FOR_GOOD)
    return _settle(filled)


def _write(
    request: WorkspaceRequest, pins: list[Pin], pictures: list[Media], words: Words, *, as_drafts: bool
) -> list[Pin]:
    content, user = words.content(), request.user
    return batch.write(
        request.workspace, pins, pictures=pictures, content=content, user=user, as_drafts=as_drafts
    )


def _settle(filled: Filled) -> bool:
    """Do what was chosen; False when a form says what is in the way. Raises Invalid, WrongState."""
    if filled.choice == "draft":
        return filled.words.check_text()
    if filled.choice == "at" and not filled.when.is_valid():
        return False
    now = clock.now()
    batch.schedule(filled.pins, at=now if filled.choice == "now" else filled.when.instant, now=now)
    return True


def _uploads(request: WorkspaceRequest, *, room: int) -> list[Media]:
    """Without scripts the files come with the form itself."""
    files = request.FILES.getlist("files")
    if len(files) > room:
        raise Invalid.at(
            "file", "batch_full", f"A batch holds up to {batch.MOST} Pins. Schedule these first."
        )
    return [_accept(request, file) for file in files]


def _addressed(request: WorkspaceRequest, *, room: int) -> list[Media]:
    """Without scripts the address of a picture comes with the form too."""
    url = request.POST.get("image_url", "").strip()
    if not url:
        return []
    if room < 1:
        raise Invalid.at("url", "batch_full", f"A batch holds up to {batch.MOST} Pins. Schedule these first.")
    return [_note(request, url)]


def _note(request: WorkspaceRequest, url: str) -> Media:
    picture = download.accept(request.workspace, url=url, user=request.user, now=clock.now())
    enqueue.fetch()
    return picture


def _accept(request: WorkspaceRequest, file: UploadedFile[bytes]) -> Media:
    picture = intake.accept(
        request.workspace, upload=file, name=file.name or "", user=request.user, now=clock.now()
    )
    enqueue.prepare(picture.pk)
    return picture


def _frame(request: WorkspaceRequest, pictures: list[Media]) -> tuple[list[int], list[int]]:
    """Frame pictures as the form says: which are prepared anew, and which stay, being on their way or out."""
    again, settled = [], []
    for picture in pictures:
        try:
            if framing.reframe(picture, read_framing(request.POST, picture), now=clock.now()):
                enqueue.prepare(picture.pk)
                again.append(picture.pk)
        except WrongState:
            settled.append(picture.pk)
    return again, settled


def _show_as_sent(picture: Media, sent: QueryDict) -> bool:
    """As framed on the page meanwhile, which the next saving stores; whether that is another way than now."""
    stored, wanted = picture.framing, read_framing(sent, picture)
    picture.fit, picture.pad_color = wanted.fit, wanted.pad_color
    picture.focal_chosen = wanted.focal is not None
    if wanted.focal:
        picture.focal_x, picture.focal_y = wanted.focal
    return wanted != stored


# What the page's script asks for ---------------------------------------------------------------------------


def _error(message: str, status: int, **more: object) -> JsonResponse:
    return JsonResponse({"error": {"message": message}, **more}, status=status)


@require_POST
@requires(Role.EDITOR)
def upload(request: WorkspaceRequest) -> HttpResponse:
    """One picture, as a file or by its address: its item for the list, or why it can't be used."""
    file, url = request.FILES.get("file"), request.POST.get("url", "").strip()
    if file is None and not url:
        return _error("No file arrived. Choose one and try again.", 422)
    try:
        picture = _note(request, url) if file is None else _accept(request, file)
    except Invalid as no:
        return _error(no.problems[0].message, 422)
    return render(request, "pins/media/_picture.html", {"picture": picture}, status=201)


@requires(Role.EDITOR)
def picture(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """One item of the list, asked for while its picture is being prepared."""
    found = get_object_or_404(Media.objects.of(request.workspace).prefetch_related("renditions"), pk=pk)
    known = request.GET.get("waiting")  # why it isn't ready, as the page says it
    if found.status == MediaStatus.PROCESSING and known == found.reason_code:
        return HttpResponse(status=204)  # nothing new: what the page shows stays, with whoever is in it
    settled, unsaved = framing.settled([found]), set[int]()
    if found.status != MediaStatus.FAILED and not settled and _show_as_sent(found, request.GET):
        unsaved = {found.pk}
    context = {"picture": found, "settled": settled, "unsaved": unsaved}
    return render(request, "pins/media/_picture.html", context)


@require_POST
@requires(Role.EDITOR)
def fetch_again(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """A picture that was given by address and could not be had so far; answers its item of the list."""
    found = get_object_or_404(Media.objects.of(request.workspace), pk=pk)
    download.again(found, now=clock.now())
    enqueue.fetch()
    return render(
        request,
        "pins/media/_picture.html",
        {"picture": found, "settled": framing.settled([found]), "unsaved": set[int]()},
    )


@require_POST
@requires(Role.EDITOR)
def autosave(request: WorkspaceRequest) -> JsonResponse:
    """Keep what is typed, whatever it is, as drafts."""
    try:
        pins = _batch(request, request.POST)
    except Http404:
        return _error("this Pin was deleted meanwhile", 404)
    pictures, gone = _pictures(request)
    if gone:
        return _error(REMOVED, 404, gone=gone)
    words = Words(request.POST, workspace=request.workspace, pin=pins[0] if pins else None)
    if not words.is_valid():
        return JsonResponse({"errors": words.errors}, status=422)
    if any(pin.status != Status.DRAFT for pin in pins):
        return _error("this Pin is no draft any more; open it again", 409)
    try:
        pins = _write(request, pins, pictures, words, as_drafts=False)
    except WrongState as no:
        return _error(no.message, 409)
    except Invalid as no:
        return _error(no.problems[0].message, 422)
    again, settled = _frame(request, pictures)
    keys = ",".join(str(pin.pk) for pin in pins)
    return JsonResponse(
        {
            "url": f"{reverse('pins:compose')}?batch={keys}",
            "fields": {"batch": keys},
            "pictures": again + settled,  # whose items have something new to say
        }
    )
