"""What a password may not be, beside too short, too common or the person's own address."""

from __future__ import annotations

import re
from typing import Final

from django.core.exceptions import ValidationError

# The first that come to mind for an account here. Longest first: each is cut out of what was typed.
OUR_WORDS: Final = (
    "pinterest",
    "scheduling",
    "scheduler",
    "marketing",
    "pinsched",
    "password",
    "schedule",
    "boards",
)
LEFT: Final = 6  # letters and digits that must be left without them


class NotOurWordsValidator:
    """“Pinterest2026!” is the first guess of many."""

    def validate(self, password: str, user: object = None) -> None:
        rest = password.lower()
        for word in OUR_WORDS:
            rest = rest.replace(word, "")
        if rest != password.lower() and len(re.findall(r"\w", rest)) < LEFT:
            raise ValidationError(
                "This password says little more than what PinSched is for. Add words of your own.",
                code="password_our_words",
            )

    def get_help_text(self) -> str:
        return "Your password can’t be just “pinsched”, “pinterest” and the like with a number."
