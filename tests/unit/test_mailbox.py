"""Addresses of one mailbox are one when mails are counted."""

from __future__ import annotations

import pytest

from accounts.mailbox import mailbox


@pytest.mark.parametrize(
    "address",
    [
        "ines@example.com",
        "INES@Example.COM",
        "ines+pins@example.com",
        "Ines+a+b@example.com",
        '"ines"@example.com',
        " ines@example.com ",
        "ines@example.com.",
    ],
)
def test_case_tags_and_quotes_make_no_other_mailbox(address: str) -> None:
    assert mailbox(address) == "ines@example.com"


def test_gmails_dots_and_names_make_none_either() -> None:
    assert mailbox("I.n.e.s+x@googlemail.com") == mailbox("ines@gmail.com") == "ines@gmail.com"
    assert mailbox("i.nes@example.com") == "i.nes@example.com"


def test_a_domain_is_the_same_in_both_spellings() -> None:
    assert mailbox("ines@müller.example") == mailbox("ines@xn--mller-kva.example")


@pytest.mark.parametrize("odd", ["", "@", "nobody", "+tag@example.com", f"a@{'x' * 70}.example", "a@..b"])
def test_whatever_is_typed_gives_some_key(odd: str) -> None:
    assert "@" in mailbox(odd)
