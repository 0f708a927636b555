"""Every operation of API v5 that the simulator knows, on one screen, as the official description has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from werkzeug.routing import Map, Rule

from pinsched.simulator import analytics, boards, keywords, oauth, people, pins, uploads
from pinsched.simulator.replies import Reply


@dataclass(frozen=True, slots=True)
class Operation:
    """`scopes` None: the app itself calls, with HTTP Basic. `beta`: only for apps that were granted it.
    `sandbox`, `trial`: whether it can be called at all on that tier."""

    method: str
    path: str
    answer: Callable[..., Reply]
    category: str
    scopes: frozenset[str] | None = frozenset()
    beta: bool = False
    sandbox: bool = True
    trial: bool = True


def _needs(scopes: str) -> frozenset[str]:
    return frozenset(scopes.split())


ACCOUNT: Final = _needs("user_accounts:read")
READ_BOARDS: Final = _needs("boards:read")
WRITE_BOARDS: Final = _needs("boards:read boards:write")
READ_PINS: Final = _needs("boards:read pins:read")
WRITE_PINS: Final = _needs("boards:read boards:write pins:read pins:write")
READ_MEDIA: Final = _needs("pins:read")
WRITE_MEDIA: Final = _needs("pins:read pins:write")
ADS: Final = _needs("ads:read")

OPERATIONS: Final = (
    Operation("POST", "/oauth/token", oauth.token, "org_read", None),
    Operation("POST", "/oauth/token/revoke", oauth.revoke, "org_write", None),
    Operation("GET", "/user_account", people.user_account, "org_read", ACCOUNT),
    Operation(
        "GET", "/user_account/analytics", analytics.of_account, "org_analytics", ACCOUNT, sandbox=False
    ),
    Operation("GET", "/boards", boards.list_boards, "org_read", READ_BOARDS),
    Operation("POST", "/boards", boards.create_board, "org_write", WRITE_BOARDS),
    Operation("GET", "/boards/<board_id>", boards.get_board, "org_read", READ_BOARDS),
    Operation("PATCH", "/boards/<board_id>", boards.update_board, "org_write", WRITE_BOARDS),
    Operation("DELETE", "/boards/<board_id>", boards.delete_board, "org_write", WRITE_BOARDS),
    Operation("GET", "/boards/<board_id>/sections", boards.list_sections, "org_read", READ_BOARDS),
    Operation("POST", "/boards/<board_id>/sections", boards.create_section, "org_write", WRITE_BOARDS),
    Operation("GET", "/boards/<board_id>/pins", pins.list_of_board, "org_read", READ_PINS),
    Operation(
        "GET", "/boards/<board_id>/sections/<section_id>/pins", pins.list_of_section, "org_read", READ_PINS
    ),
    Operation("GET", "/pins", pins.list_pins, "org_read", READ_PINS),
    Operation("POST", "/pins", pins.create, "org_write", WRITE_PINS, trial=False),
    Operation(
        "GET", "/pins/analytics", analytics.of_pins, "org_analytics", READ_PINS, beta=True, sandbox=False
    ),
    Operation("GET", "/pins/<pin_id>", pins.get, "org_read", READ_PINS),
    Operation("PATCH", "/pins/<pin_id>", pins.update, "org_write", WRITE_PINS, beta=True),
    Operation("DELETE", "/pins/<pin_id>", pins.delete, "org_write", WRITE_PINS),
    Operation("POST", "/pins/<pin_id>/save", pins.save, "org_write", WRITE_PINS),
    Operation("GET", "/pins/<pin_id>/analytics", analytics.of_pin, "org_analytics", READ_PINS, sandbox=False),
    Operation("GET", "/media", uploads.list_uploads, "org_read", READ_MEDIA),
    Operation("POST", "/media", uploads.register, "org_write", WRITE_MEDIA),
    Operation("GET", "/media/<media_id>", uploads.get, "org_read", READ_MEDIA),
    Operation("GET", "/terms/related", keywords.related, "ads_read", ADS),
    Operation("GET", "/terms/suggested", keywords.suggested, "ads_read", ADS),
    Operation("GET", "/trends/keywords/<region>/top/<trend_type>", keywords.trends, "trends_read", ACCOUNT),
)

MAP: Final = Map(
    [Rule(f"/v5{each.path}", methods=[each.method], endpoint=each) for each in OPERATIONS],
    strict_slashes=False,
    merge_slashes=False,
).bind("simulator")
