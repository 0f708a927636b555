"""Boards and sections: /boards and what is below it, but for the Pins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from accounts.pinterest.sending import Sending, part
from accounts.pinterest.types import Board, Section
from accounts.pinterest.types.new_pins import changed


class BoardCalls(Sending):
    """Refused names `board` for a board that isn't there (404, code 40) and `name` for one that is taken."""

    def boards(self, *, ad_account_id: str | None = None) -> Iterator[Board]:
        """GET /boards: all boards the token may see, page by page."""
        return self._all("/boards", Board.read, query=self._acting(ad_account_id))

    def board(self, board_id: str, *, ad_account_id: str | None = None) -> Board:
        """GET /boards/{board_id}. A secret board does not exist for a token without boards:read_secret."""
        return self._read(f"/boards/{part(board_id)}", Board.read, query=self._acting(ad_account_id))

    def create_board(
        self, name: str, *, description: str = "", privacy: str = "PUBLIC", ad_account_id: str | None = None
    ) -> Board:
        """POST /boards. `privacy` is PUBLIC, PROTECTED or SECRET. OutcomeUnknown: the board may exist."""
        body: dict[str, object] = {"name": name, "privacy": privacy}
        if description:
            body["description"] = description
        return self._write("/boards", body, Board.read, query=self._acting(ad_account_id))

    def update_board(
        self,
        board_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        privacy: Literal["PUBLIC", "SECRET"] | None = None,
        ad_account_id: str | None = None,
    ) -> Board:
        """PATCH /boards/{board_id}. None leaves a word as it is, an empty description takes it away.

        OutcomeUnknown: it may have changed; read it back with `board`.
        """
        body = changed({"name": name, "description": description, "privacy": privacy})
        if not body or name == "":
            raise ValueError("A board keeps a name, and a change changes something.")
        path = f"/boards/{part(board_id)}"
        return self._write(path, body, Board.read, method="PATCH", query=self._acting(ad_account_id))

    def delete_board(self, board_id: str, *, ad_account_id: str | None = None) -> None:
        """DELETE /boards/{board_id}, with all Pins on it.

        OutcomeUnknown: it may be gone; `board` then says Refused with 404.
        """
        self._delete(f"/boards/{part(board_id)}", query=self._acting(ad_account_id))

    def sections(self, board_id: str, *, ad_account_id: str | None = None) -> Iterator[Section]:
        """GET /boards/{board_id}/sections: all of them, page by page."""
        path = f"/boards/{part(board_id)}/sections"
        return self._all(path, Section.read, query=self._acting(ad_account_id))

    def create_section(self, board_id: str, name: str, *, ad_account_id: str | None = None) -> Section:
        """POST /boards/{board_id}/sections; a name has 1 to 180 characters."""
        path = f"/boards/{part(board_id)}/sections"
        return self._write(path, {"name": name}, Section.read, query=self._acting(ad_account_id))
