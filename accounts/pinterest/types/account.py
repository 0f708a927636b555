"""Who an account is, and the tokens it handed out."""

from __future__ import annotations

from dataclasses import dataclass, field

from accounts.pinterest.types.reading import count, identity, known_id, object_of, text


@dataclass(frozen=True, slots=True)
class UserAccount:
    id: str
    username: str
    name: str
    kind: str
    follower_count: int | None
    website: str
    picture_url: str = ""

    @classmethod
    def read(cls, json: object) -> UserAccount:
        row = object_of(json)
        username = text(row, "username")
        return cls(
            # Accounts have an id since 2023; the name served before and still identifies.
            id=known_id(row, "id") or identity({"id": username}),
            username=username,
            name=text(row, "business_name"),
            kind=text(row, "account_type"),
            follower_count=count(row, "follower_count"),
            website=text(row, "website_url"),
            picture_url=text(row, "profile_image"),
        )


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """A pair of tokens as handed out. Prints without them."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    refresh_expires_in: int
    scopes: tuple[str, ...]
