"""What templates draw with: pins/templatetags/ui.py."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django import forms
from django.http import HttpRequest, QueryDict
from django.template import Context, Template

from pins.templatetags import ui
from tests.support.every_page import in_a_line

NOW = datetime(2026, 10, 14, 15, 22, tzinfo=UTC)  # 16:22 in Lisbon, a Wednesday
LISBON = SimpleNamespace(time_zone="Europe/Lisbon")


@pytest.fixture(autouse=True)
def _plain_static_files(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def render(source: str, **context: Any) -> str:
    return in_a_line(Template("{% load ui %}" + source).render(Context(context)))


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_icon_points_into_the_sprite_and_is_silent() -> None:
    html = render('{% icon "pencil" "icon-sm" %}')

    assert html == (
        '<svg class="icon icon-sm" aria-hidden="true"><use href="/static/dist/icons.svg#pencil"/></svg>'
    )


@pytest.mark.parametrize("status", ui.LOOKS)
def test_every_status_is_an_icon_and_a_word(status: str) -> None:
    label = ui.LOOKS[status].label
    chip = render("{% status_chip pin %}", pin=SimpleNamespace(status=status))
    head = render('{% pinhead pin size="sm" %}', pin=status)

    assert text_of(chip) == label
    assert text_of(head) == f"{label}:"
    assert "<use href=" in chip
    assert "<use href=" in head
    assert "pinhead sm" in head


def test_every_status_of_the_model_has_a_look() -> None:
    from pins.models.pin import Status

    assert set(ui.LOOKS) == {*Status.values, "overdue", "needs_you"}  # tabs of the Queue too


@pytest.mark.parametrize(
    ("instant", "words"),
    [
        (datetime(2026, 10, 14, 17, 15, tzinfo=UTC), "Today 18:15"),
        (datetime(2026, 10, 15, 6, 30, tzinfo=UTC), "Tomorrow 07:30"),
        (datetime(2026, 10, 14, 23, 30, tzinfo=UTC), "Tomorrow 00:30"),
        (datetime(2026, 10, 13, 17, 15, tzinfo=UTC), "Yesterday 18:15"),
        (datetime(2026, 10, 16, 17, 15, tzinfo=UTC), "Fri 16 Oct 18:15"),
        (datetime(2027, 1, 4, 18, 15, tzinfo=UTC), "Mon 4 Jan 2027 18:15"),
    ],
)
def test_times_are_near_words_in_the_zone_of_the_workspace(instant: datetime, words: str) -> None:
    with time_machine.travel(NOW, tick=False):
        html = render("{% when instant workspace %}", instant=instant, workspace=LISBON)

    assert text_of(html) == words
    assert f'datetime="{instant.isoformat()}"' in html


def test_the_repeated_hour_is_told_apart_by_its_offset() -> None:
    first = render("{% when at 'Europe/Lisbon' %}", at=datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
    second = render("{% when at 'Europe/Lisbon' %}", at=datetime(2026, 10, 25, 1, 30, tzinfo=UTC))

    assert 'title="Sunday 25 October 2026, 01:30, Europe/Lisbon (UTC+01:00)"' in first
    assert 'title="Sunday 25 October 2026, 01:30, Europe/Lisbon (UTC+00:00)"' in second


def test_no_instant_is_no_date() -> None:
    assert text_of(render("{% when none workspace %}", none=None, workspace=LISBON)) == "No date"


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=5), "1 min"),
        (timedelta(hours=1, minutes=53), "1 h 53 min"),
        (timedelta(days=1, hours=2), "1 d 2 h"),
        (timedelta(days=9, hours=2), "9 days"),
        (None, ""),
    ],
)
def test_span_says_how_long(length: timedelta | None, words: str) -> None:
    assert ui.span(length) == words


def test_numbers_are_full_and_unknown_ones_a_dash() -> None:
    assert ui.full(184079) == "184,079"
    assert ui.full(0) == "0"
    assert ui.full(None) == "–"


@pytest.mark.parametrize(
    ("now", "before", "shown"),
    [(103.3, 100, "+3.3%"), (997, 1000, "−0.3%"), (5, 5, "0.0%"), (5, 0, ""), (5, None, ""), (None, 5, "")],
)
def test_change_has_sign_and_one_decimal(now: float | None, before: float | None, shown: str) -> None:
    assert text_of(ui.delta(now, before)) == shown


def test_sparkline_is_drawn_by_attributes_alone() -> None:
    html = ui.spark([3, 6, 4], [2, 2, 2])

    assert html.count("<path") == 3
    assert "style=" not in html
    assert ui.spark([5]) == ""
    assert "NaN" not in ui.spark([0, 0, 0])


def test_sparkline_leaves_unknown_numbers_out() -> None:
    html = ui.spark([1, None, 3, 2, None], [None] * 5)

    assert '<path class="spark-line" d="M0.0 41.0L0.0 41.0M80.0 3.0L120.0 22.0L120.0 22.0"/>' in html
    assert '<path class="spark-prev" d=""/>' in html
    assert ui.spark([None, None]) == ""


def test_chart_rows_pair_each_day_with_its_values() -> None:
    chart = {
        "days": ["2026-10-14", "2026-10-15"],
        "series": [{"name": "Saves", "values": [1, None]}, {"name": "Before", "values": [3, 4]}],
    }

    assert ui.by_day(chart) == [("Wed 14 Oct 2026", (1, 3)), ("Thu 15 Oct 2026", (None, 4))]


def request_with(query: str = "", *, cookie: str = "", user: Any = None) -> HttpRequest:
    request = HttpRequest()
    request.GET = QueryDict(query)
    if cookie:
        request.COOKIES["theme"] = cookie
    if user is not None:
        request.user = user
    return request


def test_query_keeps_what_it_is_not_asked_to_change() -> None:
    request = request_with("status=failed&page=3&q=a%26b")

    assert render("{% query_with page=4 %}", request=request) == "?status=failed&amp;page=4&amp;q=a%26b"
    assert render('{% query_with page=None q="" %}', request=request) == "?status=failed"
    assert request.GET["page"] == "3"


@pytest.mark.parametrize(
    ("request_", "attribute"),
    [
        (None, ""),
        (request_with(), ""),
        (request_with(cookie="dark"), ' data-theme="damson"'),
        (request_with(cookie='"><script>'), ""),
        (
            request_with(user=SimpleNamespace(is_authenticated=True, theme="light"), cookie="dark"),
            ' data-theme="linen"',
        ),
        (request_with(user=SimpleNamespace(is_authenticated=True, theme="system"), cookie="dark"), ""),
    ],
)
def test_theme_is_the_members_else_the_cookies_else_the_systems(
    request_: HttpRequest | None, attribute: str
) -> None:
    assert render("<html{% theme_attr %}>", request=request_) == f"<html{attribute}>"


class PinForm(forms.Form):
    title = forms.CharField(
        max_length=100, help_text="Shown in bold.", widget=forms.TextInput(attrs={"data-max": "100"})
    )
    link = forms.CharField(required=False)
    password = forms.CharField(widget=forms.PasswordInput)
    agree = forms.BooleanField(label="I agree")
    theme = forms.ChoiceField(choices=[("light", "Light"), ("dark", "Dark")], widget=forms.RadioSelect)
    secret = forms.CharField(widget=forms.HiddenInput, initial="x")


def test_field_joins_label_hint_counter_and_error() -> None:
    form = PinForm({"title": "🌷" * 108})
    html = render("{% field form.title %}", form=form)

    assert '<label for="id_title">Title</label>' in html
    assert 'aria-describedby="id_title_hint id_title_count id_title_error"' in html
    assert 'aria-invalid="true"' in html
    for part in ("hint", "count", "error"):
        assert f'id="id_title_{part}"' in html
    assert '<span class="count over" id="id_title_count" data-count-for="id_title">8 over</span>' in html
    assert "maxlength" not in html  # typing past the limit stays possible


@pytest.mark.parametrize(("length", "css"), [(90, ""), (91, "near"), (100, "near"), (101, "over")])
def test_counter_warns_before_the_limit(length: int, css: str) -> None:
    assert ui.count_class(length, "100") == css


def test_field_takes_other_words() -> None:
    html = render('{% field form.title label="Name" hint="" placeholder="A vase" %}', form=PinForm())

    assert ">Name</label>" in html
    assert "Shown in bold." not in html
    assert 'placeholder="A vase"' in html


def test_password_can_be_shown_only_where_scripts_run() -> None:
    html = render("{% field form.password %}", form=PinForm())

    assert re.search(r'<button type="button"[^>]* data-reveal="id_password"[^>]* hidden>', html)


def test_choices_stand_in_a_fieldset() -> None:
    html = render("{% field form.theme %}", form=PinForm({"theme": "dark"}))

    assert html.count('type="radio"') == 2
    assert re.search(r'value="dark" checked', html)
    assert "<legend" in html


def test_checkbox_is_inside_its_label_and_hidden_fields_are_bare() -> None:
    assert re.search(
        r'<label[^>]*for="id_agree"> <input type="checkbox"', render("{% field form.agree %}", form=PinForm())
    )
    assert (
        render("{% field form.secret %}", form=PinForm())
        .strip()
        .startswith('<input type="hidden" name="secret"')
    )


def test_whole_form_shows_what_is_wrong_with_the_whole() -> None:
    form = PinForm({})
    form.add_error(None, "These do not fit <together>.")
    html = render('{% include "components/_form.html" %}', form=form)

    assert "These do not fit &lt;together&gt;." in html
    assert html.count('name="secret"') == 1
    assert html.count("This field is required.") == 4
    assert "style=" not in html


@pytest.mark.parametrize(
    ("attrs", "css"),
    [
        ({}, "btn-primary"),
        ({"href": "/"}, "btn-quiet"),
        ({"tags": ["outline"]}, "btn-quiet"),
        ({"tags": ["cancel"], "href": "/"}, "btn-bare"),
        ({"tags": ["delete", "danger", "outline"]}, "btn-danger"),
    ],
)
def test_allauths_buttons_look_as_ours(attrs: dict[str, Any], css: str) -> None:
    assert ui.button_class(attrs) == css


def test_text_keeps_its_lines_and_is_escaped() -> None:
    assert ui.lines("a <b>\nc") == "a &lt;b&gt;<br>c"
