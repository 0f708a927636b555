"""Pictures given by address: noted in the request, fetched by a worker, then prepared like any upload.

    1. Note the address.              a row with `fetch_at`
    2. Hand out whose turn it is.     a lease; asked for by a tick, by doors, and when a fetch is over
    3. Fetch it.                      outside any transaction
    4. Keep the file, or say why not. what may pass is tried again, with growing waits

A message that is lost is sent again when its lease is over.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import Count, Min

from accounts.clock import now as shared_now
from accounts.fetch import Fetched, FetchRefused, check, fetch
from pins import imagefile, imaging
from pins.errors import Invalid
from pins.media import allowance, intake, preparing, store
from pins.models import Heartbeat, Media, MediaStatus, Storage
from pins.rules import links

if TYPE_CHECKING:
    from accounts.models import User, Workspace

logger = logging.getLogger(__name__)

DEADLINE: Final = 30.0  # seconds, over all redirects
# How many are fetched at a time, by whatever number of workers; and of one workspace, so that a thousand
# addresses that trickle hold up their own workspace only.
AT_ONCE: Final = 8
OF_ONE: Final = 3
FETCH_LEASE: Final = timedelta(seconds=90)  # on fetching one: longer than DEADLINE and keeping the file take
# What may pass is tried again, each time after twice as long, for a day.
FIRST_WAIT: Final = timedelta(seconds=10)
LONGEST_WAIT: Final = timedelta(hours=1)
LONGEST_ASKED: Final = timedelta(hours=6)  # of what a server asks for with Retry-After
TRIED_FOR: Final = timedelta(days=1)
MOST_TRIES: Final = 1000  # that are counted
TURNS: Final = "fetches"  # the row that is locked while fetches are handed out

FETCHED_AGAIN: Final = (
    "PinSched tries again by itself; if this lasts, save the picture on your computer and upload it."
)
IN_VAIN: Final = (
    "PinSched tried for a day. Fetch it again, or save the picture on your computer and upload it."
)


def accept(workspace: Workspace, *, url: str, user: User | None, now: datetime) -> Media:
    """Note an address, to be fetched by a worker. Raises Invalid (field "url") for what can't be fetched."""
    url = links.mended(url)
    if unwanted := links.unwanted(url):
        raise Invalid.at("url", *unwanted)
    try:
        source = check(url, allow=settings.FETCH_ALLOW)
    except FetchRefused as no:
        raise Invalid.at("url", no.code, no.message) from no
    try:
        allowance.check(workspace)
    except allowance.Full as full:
        raise full.at("url") from full
    name = unquote(PurePosixPath(urlsplit(source).path).name).replace("\x00", "")
    return Media.objects.create(
        workspace=workspace,
        source_url=source,
        name=name[-255:],
        asked_at=now,
        fetch_at=now,
        created_by=user,
    )


def hand_out(*, now: datetime) -> list[int]:
    """Which pictures to fetch now, each with a lease: never more than AT_ONCE, and workspaces take turns."""
    Heartbeat.objects.get_or_create(name=TURNS, defaults={"seen_at": now})
    # One at a time counts and takes; whoever finds another at it leaves it to them, and to the next tick.
    with transaction.atomic():
        if not Heartbeat.objects.select_for_update(skip_locked=True).filter(pk=TURNS).exists():
            return []
        pks = [pk for workspace, places in _turns(now).items() for pk in _next_of(workspace, places, now)]
        Media.objects.filter(pk__in=pks).update(fetch_until=now + FETCH_LEASE)
    return pks


def _turns(now: datetime) -> Counter[int]:
    """How many of each workspace: who has fewest under way comes first, then who has waited longest."""
    busy = dict(Media.objects.being_fetched(now).order_by().values_list("workspace").annotate(Count("pk")))
    room = AT_ONCE - sum(busy.values())
    if room <= 0:
        return Counter()
    waiting = Media.objects.to_fetch(now).order_by().values_list("workspace")
    turns = [
        (place, since, workspace)
        for workspace, since in waiting.annotate(Min("fetch_at"))
        for place in range(busy.get(workspace, 0), OF_ONE)
    ]
    return Counter(workspace for _, _, workspace in sorted(turns)[:room])


def _next_of(workspace: int, places: int, now: datetime) -> list[int]:
    found = Media.objects.to_fetch(now).filter(workspace=workspace)
    return list(found.order_by("fetch_at", "pk").values_list("pk", flat=True)[:places])


def bring(pk: int, *, clock: Callable[[], datetime] = shared_now) -> bool:
    """Fetch the file of one picture; True when it is there now and can be prepared.

    Safe to run twice: the first file that arrives stays. A refusal is the picture's reason. What may pass, a
    media store that is away too, is tried again later, and the picture waits with that reason.
    """
    row = Media.objects.filter(pk=pk, status=MediaStatus.PROCESSING, original="").first()
    if row is None:
        return False
    try:
        with fetch(
            row.source_url,
            allow=settings.FETCH_ALLOW,
            max_bytes=settings.UPLOAD_LIMIT_BYTES,
            deadline=DEADLINE,
            accept=imagefile.CONTENT_TYPES,
        ) as fetched:
            probe = _probe(row, fetched)
            return _keep(row, fetched.file, probe, fetched.size, now=clock())
    except FetchRefused as no:
        _refused(row, no, now=clock())
    except imaging.ImageRejected as no:
        preparing.fail(row, row.asked_at, code=no.code, message=no.message)
    except allowance.Full as full:
        preparing.fail(row, row.asked_at, code=allowance.FULL, message=full.message)
    except OSError as away:
        preparing.wait(row, row.asked_at, Media.UNWRITABLE, away)
    return False


def _probe(row: Media, fetched: Fetched) -> imaging.Probe:
    """Raises ImageRejected; FetchRefused where the server may have been cut off without anybody noticing."""
    try:
        return imaging.probe(fetched.file)
    except imaging.ImageRejected as no:
        if no.code != "truncated" or fetched.ends:
            raise
        host = urlsplit(row.source_url).hostname
        raise FetchRefused("cut_off", f"{host} stopped in the middle of the picture.", passing=True) from no


def _refused(row: Media, no: FetchRefused, *, now: datetime) -> None:
    """Try again after a while what may pass, unless that has lasted for a day."""
    since = row.failing_since or now
    if not no.passing:
        preparing.fail(row, row.asked_at, code=no.code, message=no.message)
    elif now - since >= TRIED_FOR:
        preparing.fail(row, row.asked_at, code=no.code, message=f"{no.message} {IN_VAIN}")
    else:
        wait = _pause(row.fetch_tries, no.retry_after)
        Media.objects.filter(pk=row.pk, asked_at=row.asked_at, status=MediaStatus.PROCESSING).update(
            fetch_at=now + wait,
            fetch_until=None,
            fetch_tries=min(row.fetch_tries + 1, MOST_TRIES),
            failing_since=since,
            reason_code=no.code,
            reason_message=f"{no.message} {FETCHED_AGAIN}"[:500],
        )
        facts = {"workspace": row.workspace_id, "media": row.pk, "code": no.code}
        logger.info("media.fetch_put_off", extra=facts | {"wait_s": wait.total_seconds()})


def _pause(tries: int, asked: float | None) -> timedelta:
    """Before the next try, after so many in vain; longer where the server asks for it."""
    wait = min(FIRST_WAIT * float(2 ** min(tries, 20)), LONGEST_WAIT)
    return max(wait, min(timedelta(seconds=asked or 0), LONGEST_ASKED))


def again(picture: Media, *, now: datetime) -> bool:
    """Fetch a picture anew that could not be had so far; False for any other. The caller hands it out."""
    if not picture.can_be_fetched_again:
        return False
    asked = Media.objects.filter(pk=picture.pk, status=picture.status, asked_at=picture.asked_at)
    # Row and total together. What came was no picture, and goes.
    with transaction.atomic():
        won = asked.update(
            **preparing.anew(now), **preparing.FETCHED | {"fetch_at": now}, original="", size_bytes=0
        )
        if won and picture.original:
            Storage.objects.change(picture.workspace_id, -picture.size_bytes)
            transaction.on_commit(partial(store.drop, picture.original))
    picture.refresh_from_db()
    return bool(won)


def _keep(row: Media, file: IO[bytes], probe: imaging.Probe, size: int, *, now: datetime) -> bool:
    """The file first, then the row: it never names a file that isn't there."""
    sha256 = intake.sha256_of(file)
    store.check()
    row.original.save("", File(file), save=False)
    try:
        # The row and its bytes: whatever was there first stays within the workspace's bound.
        with transaction.atomic():
            won = Media.objects.filter(pk=row.pk, status=MediaStatus.PROCESSING, original="").update(
                original=row.original.name,
                content_type=probe.content_type,
                size_bytes=size,
                width=probe.width,
                height=probe.height,
                sha256=sha256,
                asked_at=now,
                tries=0,
                **preparing.FETCHED,
                reason_code="",
                reason_message="",
            )
            if won:
                allowance.take(row.workspace_id, size)
    except BaseException:
        store.drop(row.original)
        raise
    if not won:
        store.drop(row.original)
    logger.info("media.fetched", extra={"workspace": row.workspace_id, "media": row.pk, "won": bool(won)})
    return bool(won)
