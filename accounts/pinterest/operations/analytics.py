"""Numbers: of one Pin, of up to a hundred, of the account. Days are UTC, both ends in.

Pinterest answers for at most 90 days back from today and for no day to come: anything else is Refused.
`metrics` are Pinterest's names of numbers; some are of video Pins only, and Refused of others. The latest
days still change (`is_ready`). The API Sandbox has no analytics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from itertools import islice
from typing import Final

from accounts.pinterest import errors
from accounts.pinterest.sending import Sending, part
from accounts.pinterest.types import Analytics, Audience, Origin

MOST_AT_ONCE: Final = 100  # Pins that one batch call may name


class AnalyticsCalls(Sending):
    # Turns False at the first RestrictedFeature. Whoever keeps a client's knowledge may set it beforehand.
    has_batch_analytics: bool = True

    def pin_analytics(
        self,
        pin_id: str,
        start: date,
        end: date,
        metrics: Sequence[str],
        *,
        ad_account_id: str | None = None,
    ) -> Analytics:
        """GET /pins/{pin_id}/analytics.

        Watch times are in milliseconds; comments and reactions are lifetime numbers.
        """
        return self._read(
            f"/pins/{part(pin_id)}/analytics",
            partial(Analytics.read, metrics=metrics),
            query={**_asked(start, end, metrics), **self._acting(ad_account_id)},
            category="org_analytics",
        )

    def pins_analytics(
        self,
        pin_ids: Sequence[str],
        start: date,
        end: date,
        metrics: Sequence[str],
        *,
        ad_account_id: str | None = None,
    ) -> dict[str, Analytics]:
        """GET /pins/analytics, by Pin id: 1 to 100 Pins, all of them videos or none.

        A Pin without data is left out. RestrictedFeature for an app that was not granted this beta. Refused
        for the whole batch when one of its Pins is gone.
        """
        if not 1 <= len(pin_ids) <= MOST_AT_ONCE:
            raise ValueError(f"A batch names 1 to {MOST_AT_ONCE} Pins.")
        asked = {"pin_ids": [part(pin_id) for pin_id in pin_ids]}
        return self._read(
            "/pins/analytics",
            partial(Analytics.read_batch, metrics=metrics),
            query={**asked, **_asked(start, end, metrics), **self._acting(ad_account_id)},
            category="org_analytics",
        )

    def each_pin_analytics(
        self,
        pin_ids: Iterable[str],
        start: date,
        end: date,
        metrics: Sequence[str],
        *,
        ad_account_id: str | None = None,
    ) -> Iterator[tuple[str, Analytics | errors.Refused]]:
        """Each Pin once, in the order given, with its numbers or why they were refused.

        Asks by the hundred; an app without that beta is asked once and from then on by single calls. A batch
        that is refused, or answered by an error of Pinterest's, is halved until the Pin that spoils it stands
        alone, so that one Pin costs no other its numbers. What concerns the account (RateLimited,
        AuthExpired), and a single call that is Unavailable, is raised: the Pins not yet yielded are those to
        ask for again, and the first of them is the one that was asked for.
        """

        def one(pin_id: str) -> Analytics:
            return self.pin_analytics(pin_id, start, end, metrics, ad_account_id=ad_account_id)

        def many(some: Sequence[str]) -> dict[str, Analytics]:
            return self.pins_analytics(some, start, end, metrics, ad_account_id=ad_account_id)

        left = iter(dict.fromkeys(pin_ids))
        while chunk := list(islice(left, MOST_AT_ONCE)):
            yield from self._each(chunk, one, many)

    def account_analytics(
        self,
        start: date,
        end: date,
        metrics: Sequence[str],
        *,
        content: Audience = "ALL",
        source: Origin = "ALL",
        ad_account_id: str | None = None,
    ) -> Analytics:
        """GET /user_account/analytics: the account's totals by day.

        `content`: organic or paid; `source`: the account's own Pins or others' with its claimed content.
        """
        query = {**_asked(start, end, metrics), "content_type": content, "source": source}
        return self._read(
            "/user_account/analytics",
            partial(Analytics.read, metrics=metrics),
            query={**query, **self._acting(ad_account_id)},
            category="org_analytics",
        )

    def _each(
        self,
        pin_ids: Sequence[str],
        one: Callable[[str], Analytics],
        many: Callable[[Sequence[str]], dict[str, Analytics]],
    ) -> Iterator[tuple[str, Analytics | errors.Refused]]:
        if len(pin_ids) > 1 and self.has_batch_analytics:
            try:
                found = many(pin_ids)
            except errors.RestrictedFeature:
                self.has_batch_analytics = False
            except (errors.Refused, errors.Unavailable) as no:
                if no.http_status is None:  # nothing was answered: that is no Pin's fault
                    raise
                half = len(pin_ids) // 2
                yield from self._each(pin_ids[:half], one, many)
                yield from self._each(pin_ids[half:], one, many)
                return
            else:
                yield from ((pin_id, found.get(pin_id, Analytics(()))) for pin_id in pin_ids)
                return
        for pin_id in pin_ids:
            try:
                numbers: Analytics | errors.Refused = one(pin_id)
            except errors.Refused as no:
                numbers = no
            yield pin_id, numbers


def _asked(start: date, end: date, metrics: Sequence[str]) -> dict[str, str]:
    return {"start_date": start.isoformat(), "end_date": end.isoformat(), "metric_types": ",".join(metrics)}
