"""How many mails PinSched sends at other people's wish: to one mailbox, and for one person, over all
workspaces. Counted in Redis, by `limits`.

A mail counts when it is about to be sent, new or again. What is asked first costs nobody anything.
"""

from __future__ import annotations

import logging
from typing import Final

from limits import RateLimitItem, parse

from accounts import counters
from accounts.mailbox import mailbox
from accounts.members import MayNot
from accounts.models import User

logger = logging.getLogger(__name__)

Counted = tuple[RateLimitItem, str, str]

# Invitations, new and resent: a team in an afternoon, and one mailbox as often as may be of use.
OF_A_PERSON: Final = parse("50/day")
TO_A_MAILBOX: Final = (parse("5/day"), parse("20/month"))
# What whoever knows an address can have sent to it: links for a new password, confirmations, and the like;
# each kind for itself. Not by the day: a stranger could use that up and keep a person out, whereas a link
# lives for an hour or more, so that of four in the hour one always works.
ASKED_FOR: Final = parse("4/hour")

TOO_MANY_SENT: Final = f"You have sent {OF_A_PERSON.amount} invitations within a day. Go on tomorrow."
TOO_MANY_TO_IT: Final = (
    "This mailbox has been sent as many invitations as PinSched sends to one. Tell the person yourself, or "
    "try again another day."
)
NOT_COUNTED: Final = "Invitations can’t be counted just now, so none is sent. Try again in a minute."


def spend_invitation(sender: User, email: str) -> None:
    """Count one invitation. Raises MayNot when there were too many, or when nothing can be counted."""
    of_sender = [(OF_A_PERSON, "invites", str(sender.pk))]
    to_it = [(limit, "invited", mailbox(email)) for limit in TO_A_MAILBOX]
    if _spend([*of_sender, *to_it]):
        return
    if not _room(of_sender):
        raise MayNot(TOO_MANY_SENT)
    if not _room(to_it):
        raise MayNot(TOO_MANY_TO_IT)
    raise MayNot(NOT_COUNTED)


def spend_asked_for(kind: str, email: str) -> bool:
    """Count one mail that anybody could have asked for; False when it is one too many. With Redis silent it
    is sent: who asks was counted by network address before, and would have got no further."""
    counted = [(ASKED_FOR, kind, mailbox(email))]
    return _spend(counted) or _room(counted)


def _spend(counted: list[Counted]) -> bool:
    """All of them, or none. Of two who take the last at once, the second is refused."""

    def taken(_: object) -> bool:
        limiter = counters.limiter()
        return all(limiter.test(*one) for one in counted) and all(limiter.hit(*one) for one in counted)

    return bool(counters.here().ask(taken))


def _room(counted: list[Counted]) -> bool:
    """Whether there is some left. True when nobody knows."""
    found = counters.here().ask(lambda _: all(counters.limiter().test(*one) for one in counted))
    return found is not False
