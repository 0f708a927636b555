"""What people search for. None of these operations takes an ad account, says the official description."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args
from urllib.parse import quote

from accounts.pinterest.sending import Sending
from accounts.pinterest.types import Age, Gender, Interest, Region, RelatedTerms, Trend, TrendKind
from accounts.pinterest.types.keywords import words


class KeywordCalls(Sending):
    """Terms need the scope ads:read (else RestrictedFeature: 401, code 3); trends need user_accounts:read."""

    def related_terms(self, terms: Sequence[str]) -> tuple[RelatedTerms, ...]:
        """GET /terms/related: for each of the terms, the terms that people search for with it."""
        if not terms:
            raise ValueError("A term is needed.")
        return self._read(
            "/terms/related", RelatedTerms.read_all, query={"terms": list(terms)}, category="ads_read"
        )

    def suggested_terms(self, term: str, *, limit: int = 10) -> tuple[str, ...]:
        """GET /terms/suggested: how searches that begin with `term` go on, 1 to 10 of them."""
        query = {"term": term, "limit": str(limit)}
        return self._read("/terms/suggested", words, query=query, category="ads_read")

    def trends(
        self,
        region: Region,
        kind: TrendKind,
        *,
        limit: int = 50,
        keywords: Sequence[str] = (),
        interests: Sequence[Interest] = (),
        genders: Sequence[Gender] = (),
        ages: Sequence[Age] = (),
    ) -> tuple[Trend, ...]:
        """GET /trends/keywords/{region}/top/{trend_type}: the keywords that rise, 1 to 50, strongest first.

        `keywords`: only those that contain one of these words, 50 at most. Volumes are weekly.
        """
        if region not in get_args(Region) or kind not in get_args(TrendKind):
            raise ValueError("This is no region or kind of trend that Pinterest knows.")
        query = {
            "limit": str(limit),
            "include_keywords": list(keywords),
            "interests": list(interests),
            "genders": list(genders),
            "ages": list(ages),
        }
        path = f"/trends/keywords/{quote(region, safe='')}/top/{kind}"
        return self._read(path, Trend.read_all, query=query, category="trends_read")
