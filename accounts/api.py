"""`/api/v1/accounts` and `/api/v1/boards`: where Pins can go."""

from __future__ import annotations

from typing import Final

from django.db.models import Prefetch
from ninja import Query, Router
from pydantic import BaseModel

from accounts.models import Board, BoardSection, Health, PinterestAccount
from accounts.rest.bearer import ApiRequest, viewer
from accounts.rest.errors import ERRORS, ApiError, ErrorOut
from accounts.rest.fields import AccountId, Reason, unknown, written
from accounts.rest.pages import Order, Window, cut

accounts = Router(tags=["accounts"])
boards = Router(tags=["boards"])

ACCOUNTS: Final = Order("accounts", "pk")
BOARDS: Final = Order("boards", "pk")


class AccountOut(BaseModel):
    id: str
    username: str
    name: str
    health: Health
    reason: Reason | None

    @classmethod
    def of(cls, account: PinterestAccount) -> AccountOut:
        return cls(
            id=written("acc", account.pk),
            username=account.username,
            name=account.name,
            health=Health(account.health),
            reason=reason_of(account),
        )


class AccountsOut(BaseModel):
    items: list[AccountOut]
    next: str | None


class SectionOut(BaseModel):
    id: str
    name: str


class BoardOut(BaseModel):
    id: str
    name: str
    privacy: str
    pinterest_id: str
    sections: list[SectionOut]

    @classmethod
    def of(cls, board: Board) -> BoardOut:
        return cls(
            id=written("brd", board.pk),
            name=board.name,
            privacy=board.privacy,
            pinterest_id=board.pinterest_id,
            sections=[SectionOut(id=written("sec", one.pk), name=one.name) for one in board.sections.all()],
        )


class BoardsOut(BaseModel):
    items: list[BoardOut]
    next: str | None


class BoardFilters(Window):
    account: AccountId | None = None


def reason_of(account: PinterestAccount) -> Reason | None:
    """Why the account publishes nothing just now; None while it does."""
    if account.is_active:
        return None
    return Reason(
        code=account.health_code or account.health,
        message=account.health_message or Health(account.health).label,
    )


@accounts.get("", response={200: AccountsOut, ERRORS: ErrorOut}, auth=viewer)
def list_accounts(request: ApiRequest, window: Query[Window]) -> AccountsOut:
    """The Pinterest accounts of the token's workspace."""
    found = PinterestAccount.objects.connected().filter(workspace=request.auth.workspace)
    found = found.defer("access_token", "refresh_token")
    page = cut(request, window, found, ACCOUNTS)
    return AccountsOut(items=[AccountOut.of(account) for account in page.rows], next=page.next)


@boards.get("", response={200: BoardsOut, ERRORS: ErrorOut}, auth=viewer)
def list_boards(request: ApiRequest, filters: Query[BoardFilters]) -> BoardsOut:
    """Boards with their sections, of one account or of all. What vanished from Pinterest is left out."""
    connected = PinterestAccount.objects.connected().filter(workspace=request.auth.workspace)
    if filters.account is not None:
        connected = connected.filter(pk=filters.account)
        if not connected.exists():
            raise ApiError.at("account", unknown("acc"))
    sections = Prefetch("sections", BoardSection.objects.present())
    found = Board.objects.filter(account__in=connected).present().prefetch_related(sections)
    page = cut(request, filters, found, BOARDS)
    return BoardsOut(items=[BoardOut.of(board) for board in page.rows], next=page.next)
