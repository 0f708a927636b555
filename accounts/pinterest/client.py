"""Pinterest's API v5 as one account: every operation PinSched knows, dataclasses in and out.

Each operation is written down where its kind of thing is (`operations/`); how a call is sent, retried and
recorded stands in `sending.py`.
"""

from __future__ import annotations

from accounts.pinterest.operations.account import AccountCalls
from accounts.pinterest.operations.analytics import AnalyticsCalls
from accounts.pinterest.operations.boards import BoardCalls
from accounts.pinterest.operations.keywords import KeywordCalls
from accounts.pinterest.operations.media import MediaCalls
from accounts.pinterest.operations.pins import PinCalls
from accounts.pinterest.sending import CallRecord, Category

__all__ = ["CallRecord", "Category", "PinterestClient"]


class PinterestClient(AccountCalls, BoardCalls, PinCalls, MediaCalls, AnalyticsCalls, KeywordCalls):
    """Cheap to make: connections belong to the address. `deadline` is in seconds, for one whole call.

    A read is tried up to three times within its deadline. A write is sent once: whoever called decides what
    a lost answer means. `ad_account_id` acts for the owner of an ad account where the operation allows it.
    """
