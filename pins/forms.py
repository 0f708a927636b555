"""Parse and check what people type. What Pinterest refuses is known by preflight, not here."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import django_filters
from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone

from accounts import clock, unseen
from accounts.models import Board, BoardSection, PinterestAccount, Workspace
from accounts.pinterest.addresses import LONGEST, pin_id_in
from pins.compose import drafts
from pins.models import Fit, Media, Origin, Pin, Status
from pins.models.media import Framing
from pins.models.pin import WORDS, PinQuerySet
from pins.rules import localtime, preflight
from pins.schedule import queue

if TYPE_CHECKING:
    from pins.errors import Invalid

# A draft may be over Pinterest's limits while it is being written, but not without any.
DRAFT_MAX: Final = 20_000
BOARDS_SEARCHED: Final = 100  # whose names say what is searched
HEX_COLOR: Final = re.compile("#[0-9a-f]{6}")


class When(forms.Form):
    """A date and a time on the workspace's wall clock.

    Where they still say what they said of the instant `keep`, it is that instant: nothing is moved that
    nobody moved, from the second of two like hours to the first, or by its seconds.
    """

    date = forms.DateField(label="Date", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    time = forms.TimeField(label="Time", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))

    def __init__(self, *args: Any, workspace: Workspace, keep: datetime | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.workspace, self.keep = workspace, keep
        self.fields["time"].label = f"Time, {workspace.zone.city}"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not (data.get("date") and data.get("time")):
            return data
        try:
            data["instant"] = self._instant((data["date"], data["time"]))
        except localtime.NoSuchTime as no:
            self.add_error("time", str(no))
        else:
            if problem := queue.wrong_time(data["instant"], now=clock.now()):
                self.add_error("time", problem.message)
        return data

    def _instant(self, typed: localtime.Wall) -> datetime:
        zone = self.workspace.zone
        if self.keep and typed == localtime.shown(self.keep, zone):
            return self.keep
        return localtime.instant(*typed, zone)

    @property
    def instant(self) -> datetime:
        found: datetime = self.cleaned_data["instant"]
        return found


class DestinationField(forms.ChoiceField):
    """A board or a section, grouped by account. Its clean value is (account, board, section or None)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.found: dict[str, tuple[PinterestAccount, Board, BoardSection | None]] = {}

    def offer(
        self, workspace: Workspace, *, keep: Pin | None = None, only: PinterestAccount | None = None
    ) -> None:
        """Fill from what is on Pinterest now, plus what `keep` points at though it vanished.

        Of one account `only`, or of all.
        """
        groups: dict[str, list[tuple[str, str]]] = {}
        for account, board, sections in _places(workspace, keep, only):
            options = groups.setdefault(f"@{account.username}", [])
            gone = " (no longer on Pinterest)" if board.vanished_at else ""
            self._add(options, f"board-{board.pk}", f"{board.name}{gone}", (account, board, None))
            for section in sections:
                gone = " (no longer on Pinterest)" if section.vanished_at else ""
                label = f"{board.name} › {section.name}{gone}"
                self._add(options, f"section-{section.pk}", label, (account, board, section))
        self.choices = [("", "Choose a board"), *groups.items()]

    def _add(
        self,
        options: list[tuple[str, str]],
        key: str,
        label: str,
        place: tuple[PinterestAccount, Board, BoardSection | None],
    ) -> None:
        options.append((key, label))
        self.found[key] = place


def _places(
    workspace: Workspace, keep: Pin | None, only: PinterestAccount | None
) -> list[tuple[PinterestAccount, Board, list[BoardSection]]]:
    kept_board = keep.board_id if keep else None
    kept_section = keep.section_id if keep else None
    boards = (
        Board.objects.filter(account__workspace=workspace)
        .exclude(account__health="disconnected")
        .filter(Q(vanished_at=None) | Q(pk=kept_board))
        .select_related("account")
        .prefetch_related("sections")
        .order_by("account__username", "name", "pk")
    )
    if only is not None:
        boards = boards.filter(account=only)
    return [
        (
            board.account,
            board,
            [s for s in board.sections.all() if s.vanished_at is None or s.pk == kept_section],
        )
        for board in boards
    ]


def destination_key(content: drafts.Content) -> str:
    if content.section:
        return f"section-{content.section.pk}"
    return f"board-{content.board.pk}" if content.board else ""


def _text(label: str, limit: int, *, rows: int = 0, mirror: str = "", **attrs: str) -> forms.CharField:
    if mirror:
        attrs["data-mirror"] = mirror  # where the live preview shows it
    widget: forms.Widget = (
        forms.Textarea(attrs={"rows": rows, "data-max": limit, **attrs})
        if rows
        else forms.TextInput(attrs={"data-max": limit, **attrs})
    )
    return forms.CharField(label=label, required=False, max_length=DRAFT_MAX, strip=False, widget=widget)


class Destined(forms.Form):
    """Where a Pin goes: account, board and section, chosen as one."""

    destination = DestinationField(label="Board")

    def __init__(
        self,
        *args: Any,
        workspace: Workspace,
        pin: Pin | None = None,
        account: PinterestAccount | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.destinations = self.fields["destination"]
        assert isinstance(self.destinations, DestinationField)
        self.destinations.offer(workspace, keep=pin, only=account)

    def place(self) -> dict[str, Any]:
        """As in drafts.Content."""
        assert isinstance(self.destinations, DestinationField)
        place = self.destinations.found.get(self.cleaned_data.get("destination", ""))
        return dict(zip(("account", "board", "section"), place or (None, None, None), strict=True))

    def take(self, refusal: Invalid) -> None:
        """Show a verb's problems at our fields; what belongs to none stands above the form."""
        names = {"board": "destination", "section": "destination"}
        for problem in refusal.problems:
            name = names.get(problem.field, problem.field)
            self.add_error(name if name in self.fields else None, problem.message)


class Words(Destined):
    """What a Pin says and where it goes."""

    title = _text("Title", preflight.TITLE_MAX, mirror="title")
    description = _text("Description", preflight.DESCRIPTION_MAX, rows=4, mirror="description")
    alt_text = _text("Alt text", preflight.ALT_TEXT_MAX, rows=2)
    link = _text("Link", preflight.LINK_MAX, inputmode="url", mirror="link")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["alt_text"].help_text = "Say what the image shows, for people who use a screen reader."
        self.fields["link"].help_text = "Where a click on the Pin leads."

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        words = {name: data.get(name, "").replace("\r\n", "\n") for name in WORDS}
        return data | preflight.as_read(words)

    def content(self) -> drafts.Content:
        data = self.cleaned_data
        return drafts.Content(
            **self.place(),
            title=data["title"],
            description=data["description"],
            link=data["link"],
            alt_text=data["alt_text"],
        )

    def check_text(self) -> bool:
        """Add what Pinterest would refuse of the words. For explicit saving; autosave keeps all."""
        data = self.cleaned_data
        found = preflight.check_text(
            title=data["title"],
            description=data["description"],
            link=data["link"],
            alt_text=data["alt_text"],
        )
        for problem in found:
            self.add_error(problem.field, problem.message)
        return not found


def initial(content: drafts.Content) -> dict[str, object]:
    return {
        "title": content.title,
        "description": content.description,
        "alt_text": content.alt_text,
        "link": content.link,
        "destination": destination_key(content),
    }


def read_choice(source: QueryDict) -> str:
    """ "draft", "now" or "at": what to do with a Pin, as pins/compose/_when.html asks."""
    asked = source.get("choice", "")
    return asked if asked in ("now", "at") else "draft"


def when_initial(pin: Pin | None, workspace: Workspace, at: datetime | None = None) -> dict[str, object]:
    """The time asked for or the Pin's, if it is still to come; else the next full hour."""
    now = timezone.now()
    chosen = at or (pin.publish_at if pin else None)
    if chosen is None or (at is None and chosen < now):
        chosen = (now + timedelta(hours=1)).replace(minute=0, second=0)
    day, at_clock = localtime.shown(chosen, workspace.zone)
    return {"date": day, "time": at_clock}


class PinAddress(forms.Form):
    """Which Pin on Pinterest it is, when only a person can see it there."""

    address = forms.CharField(
        label="Address of the Pin on Pinterest",
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"inputmode": "url", "placeholder": "https://www.pinterest.com/pin/…"}),
    )

    def clean_address(self) -> str:
        """The Pin's number."""
        found = pin_id_in(str(self.cleaned_data["address"]))
        if not found:
            raise forms.ValidationError(
                "This is no Pin’s address. Open the Pin on pinterest.com and copy the address, like "
                "https://www.pinterest.com/pin/1234567890/"
            )
        return found


class SaveForm(Destined, PinAddress):
    """Which Pin on Pinterest is saved, and where it goes. A `pin` that is a save already can only move."""

    def __init__(self, *args: Any, pin: Pin | None = None, **kwargs: Any) -> None:
        super().__init__(*args, pin=pin, **kwargs)
        if pin is not None:
            del self.fields["address"]


OVERDUE: Final = "overdue"  # not a status of its own: scheduled ones that wait for a person
NEEDS_YOU: Final = "needs_you"  # nor is this: all that wait for a person, as on the first page
WITHOUT_PICTURE: Final = "without_picture"  # scheduled, and the picture is missing
STANDINGS: Final = ((OVERDUE, "Overdue"), (WITHOUT_PICTURE, "Picture missing"), (NEEDS_YOU, "Needs you"))


class QueueFilter(django_filters.FilterSet):  # type: ignore[misc]  # the library has no types
    """The Queue's GET form, so that every view of it has a URL."""

    status = django_filters.ChoiceFilter(
        choices=[*(c for c in Status.choices if c[0] != "deleted"), *STANDINGS], method="standing"
    )
    account = django_filters.ModelChoiceFilter(
        queryset=lambda request: PinterestAccount.objects.filter(workspace=request.workspace),
        empty_label="All accounts",
    )
    board = django_filters.ModelChoiceFilter(
        queryset=lambda request: Board.objects.filter(account__workspace=request.workspace),
        empty_label="All boards",
    )

    origin = django_filters.ChoiceFilter(choices=Origin.choices, empty_label="Made anywhere")
    # The last: PinQuerySet.search asks what the others leave.
    q = django_filters.CharFilter(method="search", label="Search Pins", max_length=200)

    class Meta:
        model = Pin
        fields: tuple[str, ...] = ()

    @property
    def boards(self) -> list[tuple[Any, str]]:
        """Of the select. Read once: as `choices` they would be counted first."""
        return [choice for choice in self.form.fields["board"].choices]  # `list` counts

    def standing(self, pins: PinQuerySet, name: str, status: str) -> PinQuerySet:
        if status == NEEDS_YOU:
            return pins.needing_anybody()
        if status == WITHOUT_PICTURE:
            return pins.without_picture()
        return pins.overdue() if status == OVERDUE else pins.filter(status=status)

    def search(self, pins: PinQuerySet, name: str, typed: str) -> PinQuerySet:
        named = Board.objects.filter(account__workspace=self.request.workspace).named(unseen.without(typed))
        boards = list(named.values_list("pk", flat=True)[:BOARDS_SEARCHED])
        return pins.search(typed, also=Q(board__in=boards) if boards else None)


def read_framing(source: QueryDict, picture: Media) -> Framing:
    """How a form frames a picture. What it doesn't say, or says as nonsense, stays as it is; a focal point
    that is sent empty is to be found."""
    old = picture.framing
    asked = source.get(f"fit_{picture.pk}", "")
    fit = Fit(asked) if asked in Fit.values else old.fit
    color = source.get(f"pad_color_{picture.pk}", "").lower()
    kept = old.pad_color if fit != Fit.COLOR or not HEX_COLOR.fullmatch(color) else color
    return Framing(fit, kept, _read_focal(source, picture.pk, old.focal))


def _read_focal(source: QueryDict, pk: int, old: tuple[float, float] | None) -> tuple[float, float] | None:
    sent = [source.get(f"focal_{axis}_{pk}") for axis in "xy"]
    if sent == ["", ""]:
        return None
    try:
        x, y = (float(each or "") for each in sent)
    except ValueError:
        return old
    return (x, y) if 0 <= x <= 1 and 0 <= y <= 1 else old
