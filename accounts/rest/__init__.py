"""What every router of `/api/v1` stands on: one envelope for errors, tokens and roles, ids, pages, and
idempotency. Knows no route; pinsched/api.py puts the whole together."""
