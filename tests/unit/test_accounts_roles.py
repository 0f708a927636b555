"""Each role may do all that the ones below it may, and nothing of the ones above."""

from __future__ import annotations

from itertools import product

import pytest

from accounts.models import Role

ORDER = [Role.OWNER, Role.ADMIN, Role.EDITOR, Role.VIEWER]


@pytest.mark.parametrize(("held", "needed"), list(product(ORDER, ORDER)))
def test_a_role_reaches_down(held: Role, needed: Role) -> None:
    assert held.may(needed) is (ORDER.index(held) <= ORDER.index(needed))
