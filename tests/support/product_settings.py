"""What the environment tells the product in tests, chaos and benches, beside its servers' addresses."""

from __future__ import annotations

from typing import Final

SETTINGS: Final = {
    "DJANGO_SETTINGS_MODULE": "pinsched.settings",
    "DEBUG": "0",
    "SECRET_KEY": "tests-need-a-key-of-at-least-fifty-characters-as-well",
    "TOKEN_ENCRYPTION_KEYS": "cGluc2NoZWQtdGVzdHMta2V5LW9mLTMyLWJ5dGVzISE=",
    "PINTEREST_APP_ID": "simulator",
    "PINTEREST_APP_SECRET": "simulator-secret",
    "SIGNUP": "open",
    "BASE_URL": "http://localhost:8000",
}
