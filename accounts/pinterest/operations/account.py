"""Whose account it is."""

from __future__ import annotations

from accounts.pinterest.sending import Sending
from accounts.pinterest.types import UserAccount


class AccountCalls(Sending):
    def user_account(self, *, ad_account_id: str | None = None) -> UserAccount:
        """GET /user_account. With `ad_account_id`: the account that owns the ad account."""
        return self._read("/user_account", UserAccount.read, query=self._acting(ad_account_id))
