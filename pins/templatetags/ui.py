"""What every page is drawn with: icons, status marks, times, numbers, fields. Reads models, writes nothing.

No tag writes a style attribute or a script, so the pages hold under `default-src 'self'`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

from django import forms, template
from django.forms.boundfield import BoundField
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import dateformat, timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from accounts import zones
from pins.models import Pin
from pins.models.paging import COUNTED

register = template.Library()


# ---------- icons ----------


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """`{% icon "pencil" "icon-sm" %}`: a picture from the sprite, hidden from screen readers."""
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        f"icon {classes}".rstrip(),
        static("dist/icons.svg"),
        name,
    )


@register.simple_tag
def edit_url(pin: Pin) -> str:
    """Where a Pin that isn't out yet is changed."""
    if pin.is_save:
        return reverse("pins:edit_save", args=[pin.pk])
    return f"{reverse('pins:compose')}?batch={pin.pk}"


# ---------- status ----------


@dataclass(frozen=True)
class Look:
    """How one status is shown: never by colour alone."""

    css: str
    label: str
    icon: str
    turns: bool = False


LOOKS: Final[dict[str, Look]] = {
    "draft": Look("s-draft", "Draft", icon="pencil"),
    "in_approval": Look("s-review", "In approval", icon="user-check"),
    "scheduled": Look("s-scheduled", "Scheduled", icon="clock"),
    "publishing": Look("s-publishing", "Publishing", icon="loader-2", turns=True),
    "published": Look("s-published", "Published", icon="check"),
    "failed": Look("s-failed", "Failed", icon="exclamation-mark"),
    "needs_review": Look("s-review", "Needs review", icon="eye"),
    "overdue": Look("s-review", "Overdue", icon="clock"),  # scheduled, and waits for a person
    "needs_you": Look("s-review", "Needs you", icon="eye"),  # all that waits for a person
    "deleted": Look("s-deleted", "Deleted", icon="trash"),
}


def look(pin_or_status: object) -> Look:
    if getattr(pin_or_status, "is_overdue", False):
        return LOOKS["overdue"]
    return LOOKS[str(getattr(pin_or_status, "status", pin_or_status))]


@lru_cache(maxsize=64)
def _drawn(name: str, look: Look, size: str = "") -> SafeString:
    """Drawn once a process: a page shows hundreds of them, of a dozen kinds."""
    return render_to_string(f"components/{name}.html", {"look": look, "size": size})


@register.simple_tag
def status_chip(pin: object) -> SafeString:
    """`{% status_chip pin %}`: icon and word. Takes a Pin or a status."""
    return _drawn("_chip", look(pin))


@register.simple_tag
def pinhead(pin: object, size: str = "") -> SafeString:
    """`{% pinhead pin size="sm" %}`: the round mark on a Pin's top edge. Takes a Pin or a status."""
    return _drawn("_pinhead", look(pin), size)


@register.filter
def status_class(pin: object) -> str:
    """`{{ pin|status_class }}`: the class that colours `--c`, `--t` and `--s`."""
    return look(pin).css


# ---------- time ----------


def _zone(place: object) -> tzinfo:
    """The zone of a workspace or a user, or one given by name."""
    if isinstance(place, tzinfo):
        return place
    return zones.clock(str(getattr(place, "time_zone", place)))


def _day_in_words(day: datetime, now: datetime) -> str:
    near = {-1: "Yesterday", 0: "Today", 1: "Tomorrow"}
    if word := near.get((day.date() - now.date()).days):
        return word
    return dateformat.format(day, "D j M" if day.year == now.year else "D j M Y")


@register.simple_tag
def when(instant: datetime | None, place: object = "UTC", classes: str = "") -> SafeString:
    """`{% when pin.publish_at workspace %}`: "Today 18:15", "Fri 16 Oct 18:15", with the zone on hover.

    `place` is a workspace, a user, or the name of a zone.
    """
    if instant is None:
        return mark_safe('<span class="text-ink-3">No date</span>')
    zone = _zone(place)
    local = instant.astimezone(zone)
    day = _day_in_words(local, timezone.now().astimezone(zone))
    offset = local.strftime("%z")
    return format_html(
        '<time datetime="{}" title="{}, {} (UTC{}:{})"{}>{} {}</time>',
        instant.astimezone(UTC).isoformat(),
        dateformat.format(local, "l j F Y, H:i"),
        getattr(zone, "key", None) or local.tzname(),
        offset[:3],
        offset[3:5],
        format_html(' class="{}"', classes) if classes else "",
        day,
        dateformat.format(local, "H:i"),
    )


@register.simple_tag
def day_words(instant: datetime, place: object = "UTC") -> str:
    """`{% day_words slot.at workspace %}`: "Today", "Tomorrow", "Fri 16 Oct"."""
    zone = _zone(place)
    return _day_in_words(instant.astimezone(zone), timezone.now().astimezone(zone))


@register.simple_tag
def clock(instant: datetime, place: object = "UTC") -> str:
    """`{% clock slot.at workspace %}`: "18:15"."""
    return f"{instant.astimezone(_zone(place)):%H:%M}"


def utc_offset(local: datetime) -> str:
    """Of a local time: "UTC+1", "UTC", "UTC−3:30"."""
    minutes = round((local.utcoffset() or timedelta()).total_seconds() / 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '−'}{hours}{f':{rest:02}' if rest else ''}"


@register.filter
def city(place: object) -> str:
    """`{{ workspace|city }}`: "Europe/Lisbon" is called "Lisbon" on the page; a lost zone is UTC."""
    return zones.clock(str(getattr(place, "time_zone", place))).city


@register.filter
def city_and_offset(place: object, local: datetime) -> str:
    """`{{ workspace|city_and_offset:now }}`: "Lisbon, UTC+1"; plain "UTC" where that is the city too."""
    return ", ".join(dict.fromkeys((city(place), utc_offset(local))))


@register.filter
def span(length: timedelta | None) -> str:
    """`{{ wait|span }}`: "in 1 h 53 min" without the "in"; never less than a minute."""
    if length is None:
        return ""
    minutes = max(1, round(abs(length.total_seconds()) / 60))
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) if days < 2 else f"{days} days"


# ---------- numbers ----------


@register.filter
def full(number: float | None) -> str:
    """`{{ 184079|full }}`: "184,079"; an unknown number is a dash."""
    return "–" if number is None else f"{number:,.0f}"


@register.filter
def counted(number: int, most: int = COUNTED) -> str:
    """`{{ 10001|counted }}`: "10,000+", as nobody has counted further."""
    return f"{most:,}+" if number > most else f"{number:,}"


@register.simple_tag
def delta(now: float | None, before: float | None) -> SafeString:
    """`{% delta clicks clicks_before %}`: the change in percent with sign and arrow, if there is any."""
    if now is None or not before:
        return mark_safe("")
    change = round((now - before) / before * 100, 1)
    size = f"{abs(change):,.1f}%"
    if change > 0:
        return format_html('<span class="delta up">{}+{}</span>', icon("arrow-up-right"), size)
    if change < 0:
        return format_html('<span class="delta down">{}−{}</span>', icon("arrow-down-right"), size)
    return format_html('<span class="delta">{}</span>', size)


SPARK_WIDTH: Final = 160
SPARK_HEIGHT: Final = 44
SPARK_EDGE: Final = 3  # keeps the line's thickness inside the picture


@register.simple_tag
def spark(series: Sequence[float | None], before: Sequence[float | None] | None = None) -> SafeString:
    """`{% spark values values_before %}`: a sparkline, the period before dashed. An unknown number is a gap.
    Empty under two points."""
    earlier = before if before and len(before) > 1 else ()
    known = [value for value in (*series, *earlier) if value is not None]
    if len(series) < 2 or not known:
        return mark_safe("")
    low, high = min(known), max(known)

    def runs(values: Sequence[float | None]) -> Iterator[list[str]]:
        """Points that are neighbours, as "x y"."""
        across = SPARK_WIDTH / (len(values) - 1)
        up = (SPARK_HEIGHT - 2 * SPARK_EDGE) / ((high - low) or 1)
        points = [
            "" if value is None else f"{n * across:.1f} {SPARK_HEIGHT - SPARK_EDGE - up * (value - low):.1f}"
            for n, value in enumerate(values)
        ]
        return (list(run) for there, run in groupby(points, bool) if there)

    def line(values: Sequence[float | None]) -> str:
        return "".join(f"M{'L'.join(run)}L{run[-1]}" for run in runs(values))  # a lone number is a dot

    def area(values: Sequence[float | None]) -> str:
        ends = [(run, run[-1].split()[0], run[0].split()[0]) for run in runs(values)]
        bottom = SPARK_HEIGHT
        return "".join(f"M{'L'.join(run)}L{end} {bottom}L{start} {bottom}Z" for run, end, start in ends)

    return format_html(
        '<svg class="spark" viewBox="0 0 {0} {1}" preserveAspectRatio="none" aria-hidden="true">{2}'
        '<path class="spark-area" d="{3}"/><path class="spark-line" d="{4}"/></svg>',
        SPARK_WIDTH,
        SPARK_HEIGHT,
        format_html('<path class="spark-prev" d="{}"/>', line(earlier)) if earlier else "",
        area(series),
        line(series),
    )


@register.filter
def by_day(chart: dict[str, Any]) -> list[tuple[str, tuple[float | None, ...]]]:
    """A chart's series turned into rows: (day in words, its value in each series). For "Show as table"."""
    days = (dateformat.format(date.fromisoformat(day), "D j M Y") for day in chart["days"])
    columns = [line["values"] for line in chart["series"]]
    return list(zip(days, zip(*columns, strict=True), strict=True))


# ---------- allauth's own pages ----------

# What allauth says of a button → how ours look. The first that fits wins.
BUTTONS: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    ("btn-danger", frozenset({"danger"})),
    ("btn-bare", frozenset({"cancel", "link"})),
    ("btn-quiet", frozenset({"secondary", "outline", "panel"})),
)


@register.filter
def button_class(attrs: dict[str, Any]) -> str:
    """`{{ attrs|button_class }}`: of a button or a link that allauth draws."""
    tags = set(attrs.get("tags") or ())
    plain = "btn-quiet" if attrs.get("href") else "btn-primary"
    return next((css for css, fits in BUTTONS if tags & fits), plain)


# ---------- page ----------

THEMES: Final = {"light": "linen", "dark": "damson"}


@register.simple_tag(takes_context=True)
def chosen_theme(context: template.Context) -> str:
    """`{% chosen_theme as theme %}`: "light", "dark" or "system"; a member's setting, else the cookie.

    Works without a request too: 500.html is rendered without any context.
    """
    request = context.get("request")
    if request is None:
        return "system"
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        chosen = str(getattr(user, "theme", ""))
    else:
        chosen = request.COOKIES.get("theme", "")
    return chosen if chosen in THEMES else "system"


@register.simple_tag(takes_context=True)
def theme_attr(context: template.Context) -> SafeString:
    """`<html{% theme_attr %}>`: the reader's choice; without the attribute the page follows the system."""
    name = THEMES.get(chosen_theme(context))
    return format_html(' data-theme="{}"', name) if name else mark_safe("")


@register.simple_tag(takes_context=True)
def query_with(context: template.Context, **changes: Any) -> str:
    """`<a href="{% query_with page=2 %}">`: this page's query, changed; None or "" takes a name away."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None or value == "":
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}"


# ---------- fields ----------

PLAIN: Final = "plain"
# Widget → (how the component lays it out, class of the control). The first that fits wins.
CONTROLS: Final[tuple[tuple[type[forms.Widget], str, str], ...]] = (
    (forms.CheckboxInput, "checkbox", "checkbox checkbox-sm"),
    (forms.CheckboxSelectMultiple, "group", "checkbox checkbox-sm"),
    (forms.RadioSelect, "group", "radio radio-sm"),
    (forms.Select, PLAIN, "select"),
    (forms.Textarea, PLAIN, "textarea"),
    (forms.FileInput, PLAIN, "file-input"),
    (forms.PasswordInput, "password", "grow"),
    (forms.Widget, PLAIN, "input"),
)


def _layout(widget: forms.Widget) -> tuple[str, str]:
    return next((layout, css) for kind, layout, css in CONTROLS if isinstance(widget, kind))


@register.inclusion_tag("components/_field.html")
def field(
    bound: BoundField,
    label: str | None = None,
    hint: str | None = None,
    placeholder: str | None = None,
    icon: str = "",
    aside_url: str = "",
    aside: str = "",
    classes: str = "",
) -> dict[str, Any]:
    """`{% field form.title %}`: label, control, counter, hint and errors of a form field.

    `label`, `hint` and `placeholder` replace the form's own ("" takes it away); `aside` is a link beside it.
    A widget attribute `data-max` brings a counter; typing past it stays possible, so `maxlength` is left out.
    """
    widget = bound.field.widget
    layout, control_class = _layout(widget)
    shown_hint = bound.help_text if hint is None else hint
    limit = widget.attrs.get("data-max")
    described = [
        f"{bound.auto_id}_{part}"
        for part, there in (("hint", shown_hint), ("count", limit), ("error", bound.errors))
        if there
    ]
    bad = " bad" if bound.errors and layout == PLAIN else ""
    attrs: dict[str, Any] = {"class": f"{widget.attrs.get('class', '')} {control_class}{bad}".strip()}
    if icon:
        attrs["class"] = "grow"
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if limit:
        attrs["maxlength"] = False
    if placeholder is not None:
        attrs["placeholder"] = placeholder or False
    return {
        "bound": bound,
        "layout": "iconed" if icon and layout == PLAIN else layout,
        "control": "" if layout == "group" else bound.as_widget(attrs=attrs),
        "option_class": control_class,
        "label": bound.label if label is None else label,
        "hint": shown_hint,
        "limit": limit,
        "described": " ".join(described),
        "length": len(str(bound.value() or "").replace("\r\n", "\n")),
        "icon": icon,
        "aside_url": aside_url,
        "aside": aside,
        "classes": classes,
    }


@register.filter
def over(length: int, limit: object) -> SafeString | str:
    """What a counter says: "57/100", or "8 over" past the limit."""
    most = int(str(limit))
    return f"{length - most} over" if length > most else f"{length}/{most}"


@register.filter
def count_class(length: int, limit: object) -> str:
    """The counter is grey, amber past 90 %, red past the limit."""
    most = int(str(limit))
    if length > most:
        return "over"
    return "near" if length > most * 0.9 else ""


@register.filter
def lines(text: str) -> SafeString:
    """A plain text with line breaks kept, without paragraphs: for a Pin's description."""
    return mark_safe(conditional_escape(text).replace("\n", "<br>"))  # noqa: S308  # escaped just before
