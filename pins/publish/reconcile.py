"""Find out what became of attempts that nobody finished, so that no Pin is lost and none is posted twice.

1. `sweep`: a call whose lease is over has lost its worker. It may be on Pinterest or not, so the attempt is
   `unknown`, as after a lost answer. (What was claimed and never sent, dispatch sends on its way again.)
2. `due` and `look`: read the board (or section) of unknown attempts, whole and in whatever order it comes,
   and let `matching.judge` compare. One that is found is adopted. One that two readings, apart from each
   other and from the call, don't show was not made: its Pin queues again. What is like it only in part, a
   person must see.
   Of clocks that are too far apart no absence is concluded: times are what newcomers are known by.
3. Can a place not be read for hours, a person is asked as well, and the looking goes on beside.
4. `link` and `post_again`: what that person says.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts import calls, health, skew
from accounts.clock import now as shared_now
from accounts.fetch import FetchRefused, fetch
from accounts.models import Board, BoardSection, PinterestAccount
from accounts.pinterest import errors as pinterest
from accounts.pinterest.client import PinterestClient
from accounts.pinterest.types import Pin as LivePin
from pins import imagefile, imaging
from pins.errors import WrongState
from pins.models import Attempt, AttemptState, Origin, Pin, Status
from pins.models.attempt import AttemptQuerySet
from pins.models.pin import TOO_OLD
from pins.publish import once, outcome, remedies
from pins.publish.evidence import Evidence
from pins.publish.restored import RESTORED
from pins.rules import matching, reasons
from pins.rules.matching import Absent, Doubt, Found, Newcomer, Picture, Sent, Verdict, Wait, Words

logger = logging.getLogger(__name__)

BATCH: Final = 500
UNKNOWN: Final = (AttemptState.UNKNOWN,)
NO_ANSWER: Final = Evidence("no_answer", "The worker stopped before an answer came.")
NOT_THERE: Final = Evidence(
    "absent",
    "The answer was lost. PinSched looked twice: the Pin is not on the board, so it goes again by itself.",
)
NOT_THERE_LATE: Final = Evidence(
    "absent_late",
    "The answer was lost, and only now, more than a day later, could PinSched see that the Pin is not on the "
    "board. Publish it now, or pick a time.",
)
ADOPTED: Final = Evidence("adopted", "The answer was lost; the Pin was found on Pinterest.")
LINKED: Final = Evidence("linked", "A person found the Pin on Pinterest.")
SENT_AGAIN: Final = Evidence("sent_again", "A person looked, and it wasn’t there.")
DOUBT_MESSAGE: Final = (
    "Pinterest’s answer was lost, and a Pin on the board is like this one in part. "
    "Compare them and say whether it’s this one; nothing is sent before you do."
)

UNREADABLE_MESSAGE: Final = (
    "Pinterest’s answer was lost, and for hours PinSched could not read the board to see whether this Pin "
    "is there. It goes on trying by itself; if you can see the Pin on Pinterest, or see that it isn’t there, "
    "say so."
)
CLOCKS_APART: Final = (
    "Pinterest’s answer was lost, and for hours PinSched could not tell whether this Pin is there. It goes "
    "on trying by itself; if you can see the Pin on Pinterest, or see that it isn’t there, say so."
)

# The same, of Pins that are looked for after a restore.
AFTER_A_RESTORE: Final[dict[str, str]] = {
    outcome.CHECKING_MESSAGE: RESTORED.message,
    NOT_THERE.message: (
        "PinSched was restored from a backup and looked twice: the Pin is not on the board, so it goes out "
        "by itself."
    ),
    NOT_THERE_LATE.message: (
        "PinSched was restored from a backup, and this Pin, due more than a day ago, is not on the board. "
        "Publish it now, or pick a time."
    ),
    DOUBT_MESSAGE: (
        "PinSched was restored from a backup, and a Pin on the board is like this one in part. Compare them "
        "and say whether it’s this one; nothing is sent before you do."
    ),
    UNREADABLE_MESSAGE: (
        "PinSched was restored from a backup, and for hours it could not read the board to see whether this "
        "Pin is there. It goes on trying by itself; if you can see the Pin on Pinterest, or see that it "
        "isn’t there, say so."
    ),
    CLOCKS_APART: (
        "PinSched was restored from a backup, and for hours it could not tell whether this Pin is there. It "
        "goes on trying by itself; if you can see the Pin on Pinterest, or see that it isn’t there, say so."
    ),
}

SETTLED_MEANWHILE: Final = "This was settled meanwhile. Look at the Pin’s history."
TAKEN: Final = "That Pin on Pinterest belongs to another Pin here. Look at both, then decide again."

# From sending: the call is over by its deadline, and Pinterest gets these seconds to show what it made.
SETTLES: Final = timedelta(seconds=once.DEADLINE + 10)
APART: Final = timedelta(seconds=20)  # between the two readings that prove absence
LOOK_LEASE: Final = timedelta(seconds=60)  # of one reading; then somebody else may begin
EARLY_LOOK: Final = timedelta(seconds=8)  # between readings before SETTLES: what was made shows soon
PICTURE_PATIENCE: Final = timedelta(minutes=3)  # with a picture that can't be seen; then a person must look
UNREADABLE: Final = timedelta(seconds=15)  # before a board is tried again that couldn't be read
UNREADABLE_LONGEST: Final = timedelta(minutes=5)
ASK_AFTER: Final = timedelta(hours=6)  # of not being able to read, from sending: then a person is asked too
PICTURE_DEADLINE: Final = 10.0  # seconds
ALL: Final = 0  # the board with all of its sections


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look: a board or one of its sections, by the rows' keys, through one connection."""

    account: int
    board: int
    section: int | None  # or ALL


@dataclass(frozen=True, slots=True)
class Reading:
    """The Pins that stand there since some moment, all of them, by their ids."""

    pins: dict[str, LivePin]
    place: Place  # which may be larger than what was asked for


# 1. Leases -----------------------------------------------------------------------------------------------


def sweep(*, now: datetime) -> int:
    """Calls whose worker is gone are unknown from now on, however old they are; answers how many."""
    # Past those that somebody is just settling: who freezes there must not stop this.
    with transaction.atomic():
        lost = list(Attempt.objects.abandoned(now).unlocked().select_related("pin")[:BATCH])
    return sum(outcome.lose(attempt, NO_ANSWER, now=now) for attempt in lost)


# 2. Reading ----------------------------------------------------------------------------------------------


def due(*, now: datetime) -> list[Place]:
    """Where unknown attempts wait to be looked for. Each place is handed out once per LOOK_LEASE."""
    places: dict[Place, None] = {}
    # All that waits, in batches: what is left of a place would have it handed out again at once.
    while some := _take(now):
        places |= dict.fromkeys(some)
    return list(places)


def _take(now: datetime) -> list[Place]:
    """Of a batch of attempts, each of which now has its lease."""
    waiting = Attempt.objects.filter(state=AttemptState.UNKNOWN, look_at__lte=now).order_by("look_at")
    # After a restore not all of these may be in doubt yet that are to be told apart.
    waiting = waiting.exclude(pin__account__in=PinterestAccount.objects.uncompared())
    # Locked, so that of two sweepers one hands it out; but nobody is waited for who is just settling one.
    with transaction.atomic():
        rows = waiting.unlocked().values_list("pk", "pin__account", "pin__board", "pin__section")[:BATCH]
        places = {pk: Place(*where) for pk, *where in rows}
        Attempt.objects.filter(pk__in=places).update(look_at=now + LOOK_LEASE)
    return list(places.values())


def look(place: Place, *, clock: Callable[[], datetime] = shared_now) -> dict[int, Verdict]:
    """Read one place and settle what can be settled; answers the verdict on each attempt there.

    Of a whole queue, after a restore, that is what a lease has time for: the rest is then handed out again.
    """
    began = clock()
    account = PinterestAccount.objects.get(pk=place.account)
    # Asked for before a restore, or by another workspace's connection: the Pin of a twin that isn't in doubt
    # yet would be given to the one that is.
    same = PinterestAccount.objects.filter(pinterest_id=account.pinterest_id, api_url=account.api_url)
    if same.uncompared().exists():
        return {}
    asked = _here(place, account).filter(state=AttemptState.UNKNOWN, look_at__isnull=False)
    wanted = list(asked.prefetch_related(None))  # pictures are asked for below
    if not wanted:
        return {}
    sent_since = min(_sent_at(attempt) for attempt in wanted)
    known = skew.reach(account.api_url, since=sent_since, now=began)
    # As far back as may turn out, when the reading itself has told how far apart the clocks are.
    since = sent_since - matching.BEFORE_SENT - max(known, timedelta(seconds=skew.MOST))
    try:
        reading = calls.ask(account, lambda client: _read(client, place, wanted[0], since), now=began)
    except (health.AccountUnusable, pinterest.PinterestError) as no:
        # Another workspace's connection of this account may read what this one can't.
        _unreadable([one for one in wanted if one.pin.account_id == account.pk], no, clock())
        return {}
    live = reading.pins
    # Rows after the reading, not before: what was sent or settled meanwhile explains what was read. Attempts
    # before Pins: what succeeds in between is found in both; the other way round it would be in neither.
    flying = (AttemptState.SENT, AttemptState.UNKNOWN)
    here = {attempt.pk: attempt for attempt in _here(reading.place, account).filter(state__in=flying)}
    ours = Pin.objects.filter(account__pinterest_id=account.pinterest_id, account__api_url=account.api_url)
    explaining = ours.shown_as(*live).exclude(_found_since(wanted))
    explained = set(explaining.values_list("pinterest_id", flat=True))
    newcomers = [_newcomer(pin) for pin in live.values() if pin.id not in explained]
    before = matching.BEFORE_SENT + skew.reach(account.api_url, since=sent_since, now=clock())
    doubt = skew.doubt(account.api_url, now=clock())
    verdicts = matching.judge(
        [_sent(attempt, before) for attempt in here.values()],
        newcomers,
        lambda newcomer: _see(live[newcomer.id], account.api_url),
    )
    mine = [attempt.pk for attempt in wanted if attempt.pk in verdicts]
    for number, pk in enumerate(mine):
        if number and number % BATCH == 0 and clock() >= began + LOOK_LEASE:
            logger.info("reconcile.goes_on", extra={"board": place.board, "left": len(mine) - number})
            break
        if doubt and isinstance(verdicts[pk], Absent):
            _not_told(here[pk], CLOCKS_APART, doubt, clock())
        else:
            _apply(here[pk], verdicts[pk], live, began=began, now=clock())
    return {pk: verdicts[pk] for pk in mine}


def _here(place: Place, account: PinterestAccount) -> AttemptQuerySet:
    """Attempts whose Pins go to this place, of every connection of the account: workspaces may share one."""
    boards = Board.objects.filter(pk=place.board).values("pinterest_id")
    attempts = Attempt.objects.filter(
        pin__account__pinterest_id=account.pinterest_id,
        pin__account__api_url=account.api_url,
        pin__board__pinterest_id__in=boards,
    ).select_related("pin")
    attempts = attempts.prefetch_related("pin__media_links__media")
    if place.section == ALL:
        return attempts
    if place.section is None:
        return attempts.filter(pin__section=None)
    sections = BoardSection.objects.filter(pk=place.section).values("pinterest_id")
    return attempts.filter(pin__section__pinterest_id__in=sections)


def _read(client: PinterestClient, place: Place, attempt: Attempt, since: datetime) -> Reading:
    """All Pins of the section, or those of the board that stand in none. `attempt` is any that goes there."""
    board, section = attempt.pin.board, attempt.pin.section
    assert board is not None  # a constraint of the table
    if section is None:
        loose = (pin for pin in client.board_pins(board.pinterest_id) if not pin.section_id)
        return Reading(_newer(loose, since), place)
    try:
        pins = client.section_pins(board.pinterest_id, section.pinterest_id)
        return Reading(_newer(pins, since), place)
    except pinterest.Refused as no:
        if no.field != "section":
            raise
    # The section is gone; merged into another, its Pins still stand on the board.
    whole = replace(place, section=ALL)
    return Reading(_newer(client.board_pins(board.pinterest_id), since), whole)


def _newer(pins: Iterable[LivePin], since: datetime) -> dict[str, LivePin]:
    return {pin.id: pin for pin in pins if pin.created_at is None or pin.created_at >= since}


def _found_since(wanted: Iterable[Attempt]) -> Q:
    """Finds that the library made after a restore, before anybody held the accounts or said when the backup
    was made: they may be what went out since. Should one be that, it makes way (outcome.succeed)."""
    restored = [_sent_at(attempt) for attempt in wanted if attempt.code == RESTORED.code]
    return Q(origin=Origin.FOUND, created_at__gte=min(restored)) if restored else Q(pk__in=())


def _doubted_since(attempt: Attempt) -> datetime:
    """When it left; after a restore, when somebody began to look for it."""
    return max(_sent_at(attempt), attempt.started_at)


def _said(attempt: Attempt, message: str) -> str:
    """The same of a Pin that is looked for after a restore: no answer was lost."""
    return AFTER_A_RESTORE[message] if attempt.code == RESTORED.code else message


def _sent_at(attempt: Attempt) -> datetime:
    return attempt.sent_at or attempt.started_at


def _words(pin: Pin | LivePin) -> Words:
    return Words(pin.title, pin.description, pin.link, pin.alt_text)


def _newcomer(pin: LivePin) -> Newcomer:
    return Newcomer(pin.id, _words(pin), pin.created_at, parent=pin.parent_pin_id)


def _sent(attempt: Attempt, before: timedelta) -> Sent:
    pin, cover = attempt.pin, attempt.pin.cover
    return Sent(
        attempt.pk,
        _words(pin),
        Picture(cover.dhash, cover.dominant_color) if cover else Picture("", ""),
        _sent_at(attempt),
        in_flight=attempt.state == AttemptState.SENT,
        parent=pin.parent_pinterest_id,
        before=before,
    )


def _see(pin: LivePin, api_url: str) -> Picture | None:
    """What the picture on Pinterest looks like. The API's own host may serve it, wherever that stands."""
    image = pin.image_at_least(outcome.PICTURE_WIDTH)
    if image is None:
        return None
    api = urlsplit(api_url)
    own = (api.hostname or "", api.port or {"http": 80, "https": 443}.get(api.scheme, 443))
    with suppress(FetchRefused, imaging.ImageRejected):
        with fetch(
            image.url,
            allow=settings.FETCH_ALLOW | {own},
            max_bytes=imagefile.MAX_BYTES,
            deadline=PICTURE_DEADLINE,
            accept=imagefile.CONTENT_TYPES,
        ) as fetched:
            made = imaging.prepare(fetched.file)
        return Picture(made.dhash, made.dominant_color)
    return None


# What a verdict does ---------------------------------------------------------------------------------------


def _apply(
    attempt: Attempt, verdict: Verdict, live: dict[str, LivePin], *, began: datetime, now: datetime
) -> None:
    match verdict:
        case Found(newcomer):
            _adopt(attempt, live[newcomer.id], ADOPTED, now)
        case Doubt(newcomer):
            outcome.doubt(attempt, live[newcomer.id], _said(attempt, DOUBT_MESSAGE))
        case Wait(newcomer) if now - _doubted_since(attempt) > PICTURE_PATIENCE:
            outcome.doubt(attempt, live[newcomer.id], _said(attempt, DOUBT_MESSAGE))
        case Wait():
            _look_again(attempt, now + EARLY_LOOK)
        case Absent():
            _absent(attempt, began, now)


def _adopt(attempt: Attempt, live: LivePin, evidence: Evidence, now: datetime) -> bool:
    at = min(max(live.created_at or now, _sent_at(attempt)), now)
    try:
        won = outcome.succeed(attempt, live, evidence, published_at=at, now=now)
    except IntegrityError:  # another connection of this account has just taken it for its own
        _look_again(attempt, now + EARLY_LOOK)
        return False
    return won


def _absent(attempt: Attempt, began: datetime, now: datetime) -> None:
    """Once it isn't there is noted; twice, apart from each other and from the call, is proof."""
    if attempt.look_at is None:
        return  # a person is asked already
    settles = _sent_at(attempt) + SETTLES
    if began < settles:
        _look_again(attempt, min(now + EARLY_LOOK, settles) if now < settles else now)
    elif attempt.absent_at is None:
        _look_again(attempt, began + APART, absent_at=began)
    elif began >= attempt.absent_at + APART:
        # After so long somebody must say whether it still goes out: as after an outage.
        late = now - max(_sent_at(attempt), attempt.pin.publish_at or now) > TOO_OLD
        evidence = NOT_THERE_LATE if late else NOT_THERE
        # After a restore it may be due later only, or stand in line after an outage.
        goes = max(now + _rest(attempt), attempt.pin.due_at or now)
        outcome.defer(
            attempt,
            replace(evidence, message=_said(attempt, evidence.message)),
            now=now,
            until=None if late else goes,
            was=UNKNOWN,
        )
    else:
        _look_again(attempt, attempt.absent_at + APART)


def _rest(attempt: Attempt) -> timedelta:
    """What was lost once goes again at once; a Pin of which that is said each time, less and less often."""
    tries = Attempt.objects.filter(pin_id=attempt.pin_id, state=AttemptState.DEFERRED, code=NOT_THERE.code)
    earlier = tries.count()
    return timedelta(seconds=remedies.backoff(earlier - 1)) if earlier else timedelta()


def _look_again(attempt: Attempt, at: datetime, **notes: Any) -> None:
    mine = Attempt.objects.filter(pk=attempt.pk, state=AttemptState.UNKNOWN, look_at__isnull=False)
    mine.update(look_at=at, **notes)


def _unreadable(attempts: Iterable[Attempt], no: Exception, now: datetime) -> None:
    """The board can't be read. One that is gone holds no Pin."""
    if isinstance(no, pinterest.Refused) and no.http_status == 404 and no.field == "board":
        for attempt in attempts:
            outcome.refuse(attempt, Evidence("board_vanished", reasons.BOARD_GONE), now=now, was=UNKNOWN)
        return
    why = no.message if isinstance(no, health.AccountUnusable) else reasons.of_unread(no)
    at_least = timedelta(seconds=no.retry_after if isinstance(no, pinterest.RateLimited) else 0)
    for attempt in attempts:
        _not_told(attempt, UNREADABLE_MESSAGE, why, now, at_least=at_least)
    logger.warning("reconcile.unreadable", extra={"why": type(no).__name__})


def _not_told(
    attempt: Attempt, asking: str, why: str, now: datetime, *, at_least: timedelta = timedelta()
) -> None:
    """Whether it is there can't be told just now: wait, longer and longer, at last together with a person."""
    age = now - _doubted_since(attempt)
    _look_again(attempt, now + max(min(max(UNREADABLE, age / 4), UNREADABLE_LONGEST), at_least))
    if age > ASK_AFTER:
        outcome.ask(attempt, "unreadable", f"{_said(attempt, asking)} {why}")
    else:
        outcome.explain(attempt, f"{_said(attempt, outcome.CHECKING_MESSAGE)} {why}")


# 4. What a person says -------------------------------------------------------------------------------------


def question(pin: Pin) -> Attempt | None:
    """The attempt of a Pin in review, with its suspect."""
    if pin.status != Status.NEEDS_REVIEW:
        return None
    return pin.attempts.filter(state=AttemptState.UNKNOWN).select_related("pin__account").first()


def link(pin: Pin, *, pinterest_id: str = "", now: datetime) -> None:
    """ "It's there": the suspect is this Pin; or, without one, the Pin whose number the person gives.

    Raises WrongState when that was settled meanwhile.
    """
    attempt = question(pin)
    if attempt is None or not (attempt.suspect or pinterest_id):
        raise WrongState(SETTLED_MEANWHILE)
    found = outcome.of_suspect(attempt.suspect) if attempt.suspect else LivePin(pinterest_id, attempt.sent_at)
    if not _adopt(attempt, found, LINKED, now):
        raise WrongState(TAKEN)


def post_again(pin: Pin, *, now: datetime) -> None:
    """ "It isn't there": send it again, now. Raises WrongState when that was settled meanwhile."""
    attempt = question(pin)
    if attempt is None or not outcome.defer(attempt, SENT_AGAIN, now=now, until=now, was=UNKNOWN):
        raise WrongState(SETTLED_MEANWHILE)
