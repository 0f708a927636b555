from accounts.models.board import Board, BoardSection
from accounts.models.clock_reading import ClockReading
from accounts.models.first_user import FirstUser
from accounts.models.idempotency import IdempotencyKey
from accounts.models.invitation import Invitation
from accounts.models.pinterest_account import Health, PinterestAccount, Stop
from accounts.models.token import ApiToken
from accounts.models.user import User
from accounts.models.workspace import Membership, Role, Workspace

__all__ = [
    "ApiToken",
    "Board",
    "BoardSection",
    "ClockReading",
    "FirstUser",
    "Health",
    "IdempotencyKey",
    "Invitation",
    "Membership",
    "PinterestAccount",
    "Role",
    "Stop",
    "User",
    "Workspace",
]
