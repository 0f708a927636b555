"""Each template of the house can be read by Django, the seldom ones too."""

from __future__ import annotations

import pytest
from django.template.loader import get_template

from tests.conftest import ROOT

FOLDER = ROOT / "templates"


@pytest.mark.parametrize("name", sorted(str(file.relative_to(FOLDER)) for file in FOLDER.rglob("*.*")))
def test_it_is_a_template(name: str) -> None:
    get_template(name)
