"""What the tree promises beside the import contracts (.importlinter, run by `make check`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parent.parent
SHIPPED: Final = ("accounts", "pins", "pinsched")
# Names that say nothing of what is inside.
BANNED: Final = frozenset(
    "utils util helpers helper common core base manager managers service services engine handler handlers "  # noqa: SIM905
    "process data info misc extras repositories signals constants".split()
)
LONGEST: Final = 450  # lines of a test file
# What the Content-Security-Policy would block, or allows only with eval.
INLINE: Final = {
    "a style attribute": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "an inline script": re.compile(r"<script\b(?![^>]*\ssrc=)", re.IGNORECASE),
    "an event handler": re.compile(r"\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "a javascript: address": re.compile(r"[\"']\s*javascript:", re.IGNORECASE),
    "htmx code that needs eval": re.compile(r"\shx-on\b|[\"']js:|hx-trigger=\"[^\"]*\["),
}

# Columns that hold an address as somebody typed it, or as Pinterest gave it: pages lead to `Pin.web_link` and
# show what `showable` lets through.
FOREIGN: Final = re.compile(
    r"\b(?:href|src|srcset|action|formaction|poster)=[\"']?\{\{\s*"
    r"[\w.]*\b(?:link|final_link|website|cover_url|live_image_url|source_url)\b"
)


TEMPLATE_WIDTH: Final = 120  # pyproject's [tool.djlint]


def python_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (file for file in sorted((ROOT / folder).rglob("*.py")) if "__pycache__" not in file.parts)


def templates() -> list[Path]:
    """Of pages: the policy is not sent along with a mail, and a mail program keeps no other styles."""
    return sorted(file for file in (ROOT / "templates").rglob("*.html") if "email" not in file.parts)


def test_each_module_has_a_name_that_says_something() -> None:
    parts = {part for file in python_files(*SHIPPED, "tests") for part in file.relative_to(ROOT).parts}
    assert not {part for part in parts if part.removesuffix(".py") in BANNED}


def test_no_test_file_is_longer_than_one_reads_at_a_sitting() -> None:
    long = {
        str(file.relative_to(ROOT)): length
        for file in python_files("tests")
        if (length := len(file.read_text("utf-8").splitlines())) > LONGEST
    }
    assert not long, "split by subject; what the parts share goes into a module beside them"


def test_no_line_of_a_template_is_longer_than_an_editor_is_wide() -> None:
    """djlint breaks elements and leaves text, template tags and attributes' values as they are."""
    long = {
        f"{file.relative_to(ROOT)}:{number}"
        for file in (ROOT / "templates").rglob("*.html")
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if len(line) > TEMPLATE_WIDTH
    }
    assert not long


def test_each_management_command_has_a_test_that_names_it() -> None:
    commands = {
        file.stem
        for folder in SHIPPED
        for file in (ROOT / folder).glob("management/commands/*.py")
        if not file.stem.startswith("_")
    }
    words = "\n".join(file.read_text() for file in python_files("tests"))
    untested = {name for name in commands if not re.search(rf"[\"']{name}[\"']", words)}
    assert commands
    assert not untested, f"no test runs {', '.join(sorted(untested))}"


@pytest.mark.parametrize("what", INLINE)
def test_no_template_needs_an_exception_from_the_content_security_policy(what: str) -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}: {what}"
        for file in templates()
        for number, line in enumerate(file.read_text().splitlines(), start=1)
        if INLINE[what].search(re.sub(r"{#.*?#}", "", line))
    ]
    assert templates()
    assert not found


def test_no_template_leads_to_an_address_as_it_was_typed() -> None:
    assert FOREIGN.search('<a href="{{ pin.link }}">')
    found = [file.name for file in (ROOT / "templates").rglob("*.html") if FOREIGN.search(file.read_text())]
    assert not found


def test_each_test_file_is_found_by_pytest() -> None:
    """A file of tests under another name would never run, and nobody would miss it."""
    tests = re.compile(r"^(async )?def test_", re.MULTILINE)
    files = (
        file for file in python_files("tests") if file.parent.name != "bench"
    )  # `make bench` finds those
    lost = [file for file in files if not file.name.startswith("test_") and tests.search(file.read_text())]
    assert not lost


def test_the_security_checklist_names_only_what_there_is() -> None:
    """A test that was renamed would leave its point unproven, and nobody would see."""
    words = (ROOT / "docs" / "security.md").read_text()
    named = {f"tests/integration/{name}" for name in re.findall(r"T:([\w/]+\.py)", words)}
    named |= set(re.findall(r"(?<![:/\w])(?:tests|accounts|pins|pinsched)/[\w/]+\.py\b", words))
    assert len(named) > 20
    assert not {name for name in named if not (ROOT / name).is_file()}


def test_no_query_asks_the_database_for_a_local_time() -> None:
    """PostgreSQL has zone data of its own, which may be older than ours: wall clocks are ours to read."""
    asks = re.compile(
        r"\b(Trunc(Date|Time|Year|Month|Day|Week|Hour|Minute)?|Extract\w*)\(|AT TIME ZONE|\.datetimes\("
        r"|_at__(date|time|year|month|day|week|week_day|hour|minute|quarter)\b"
    )
    found = [
        str(file.relative_to(ROOT)) for file in python_files(*SHIPPED) if asks.search(file.read_text("utf-8"))
    ]
    assert not found
