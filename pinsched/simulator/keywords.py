"""Search terms and trends: a small made-up vocabulary, the same answers for the same questions."""

from __future__ import annotations

import zlib
from datetime import timedelta
from typing import Final

from pinsched.simulator import shapes
from pinsched.simulator.replies import Reply, invalid, json_reply
from pinsched.simulator.world import Call

SUBJECTS: Final = (
    "autumn porch",
    "banana bread",
    "bedroom ideas",
    "book nook",
    "ceramic mugs",
    "christmas wreath",
    "desk setup",
    "easy dinner",
    "fall outfits",
    "garden path",
    "home office",
    "house plants",
    "kitchen shelves",
    "living room",
    "oat cookies",
    "print making",
    "reading corner",
    "small bathroom",
    "small space living",
    "sourdough",
    "summer nails",
    "vegan recipes",
    "wedding table",
    "weekend trips",
)
TURNS: Final = ("ideas", "aesthetic", "diy", "inspiration", "for beginners", "on a budget")
REGIONS: Final = (
    *("US", "CA", "DE", "FR", "ES", "IT", "DE+AT+CH", "GB+IE", "IT+ES+PT+GR+MT", "PL+RO+HU+SK+CZ"),
    *("SE+DK+FI+NO", "NL+BE+LU", "AR", "BR", "CO", "MX", "MX+AR+CO+CL", "AU+NZ"),
)
KINDS: Final = ("growing", "monthly", "yearly", "seasonal")
LIMIT_MOST: Final = 50
SUGGESTED_MOST: Final = 10
WEEKS: Final = 52


def _number(*words: object) -> int:
    return zlib.crc32("|".join(map(str, words)).encode())


def _limit(call: Call, default: int, most: int) -> int:
    raw = call.request.args.get("limit", str(default))
    if not raw.isascii() or not raw.isdigit() or not 1 <= int(raw[:4]) <= most:
        raise shapes.violation("query.limit", f"{shapes.shown(raw)} is not an integer from 1 to {most}")
    return int(raw)


def related(call: Call) -> Reply:
    raw = call.request.args.getlist("terms")
    terms = [term.strip() for part in raw for term in part.split(",") if term.strip()]
    if not terms:
        raise invalid("Invalid terms related parameters. terms is required.")
    lists = [{"term": term, "related_terms": _related(term)} for term in terms]
    count = sum(len(_related(term)) for term in terms)
    return json_reply({"id": terms[0], "related_term_count": count, "related_terms_list": lists})


def _related(term: str) -> list[str]:
    words = set(term.lower().split())
    near = [subject for subject in SUBJECTS if words & set(subject.split()) and subject != term.lower()]
    return near + [f"{term} {turn}" for turn in TURNS]


def suggested(call: Call) -> Reply:
    term = call.request.args.get("term", "").strip().lower()
    if not term:
        raise invalid("Invalid terms suggested parameters. term is required.")
    known = [subject for subject in SUBJECTS if subject.startswith(term)]
    return json_reply([*known, *(f"{term} {turn}" for turn in TURNS)][: _limit(call, 4, SUGGESTED_MOST)])


def trends(call: Call, region: str, trend_type: str) -> Reply:
    if region not in REGIONS or trend_type not in KINDS:
        raise invalid("Invalid trending keywords request parameters")
    limit = _limit(call, LIMIT_MOST, LIMIT_MOST)
    asked = call.request.args.getlist("include_keywords")
    wanted = [word.lower() for raw in asked for word in raw.split(",")]
    ranked = sorted(SUBJECTS, key=lambda subject: _number(region, trend_type, subject))
    chosen = [subject for subject in ranked if not wanted or any(word in subject for word in wanted)]
    return json_reply({"trends": [_trend(call, region, subject) for subject in chosen[:limit]]})


def _trend(call: Call, region: str, subject: str) -> dict[str, object]:
    today = call.world.now().date()
    sunday = today - timedelta(days=(today.weekday() + 1) % 7)
    peak = _number(subject) % WEEKS

    def volume(week: int) -> int:
        distance = min((week - peak) % WEEKS, (peak - week) % WEEKS)
        return max(5, 100 - 4 * distance - _number(subject, region, week) % 6)

    weeks = [sunday - timedelta(weeks=WEEKS - 1 - n) for n in range(WEEKS)]
    return {
        "keyword": subject,
        "pct_growth_wow": _number(subject, region, "wow") % 60 - 10,
        "pct_growth_mom": _number(subject, region, "mom") % 200 - 20,
        "pct_growth_yoy": _number(subject, region, "yoy") % 400 - 40,
        "time_series": {week.isoformat(): volume(week.isocalendar().week % WEEKS) for week in weeks},
    }
