"""Which mailbox an address names, as far as can be told without asking its server. For counting only."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

# The one big host whose mailboxes take any number of dots.
DOTLESS: Final = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}


def mailbox(address: str) -> str:
    """One spelling for all addresses that end in the same place: case, `+tag`, Gmail's dots, an international
    domain either way. Two mailboxes taken for one share a limit, which harms nobody."""
    local, _, domain = address.strip().casefold().rpartition("@")
    local = local.strip('"').partition("+")[0] or local
    with suppress(UnicodeError):  # then nothing can be sent there, and it is but a key to count by
        domain = domain.rstrip(".").encode("idna").decode()
    if domain in DOTLESS:
        local, domain = local.replace(".", ""), DOTLESS[domain]
    return f"{local}@{domain}"
