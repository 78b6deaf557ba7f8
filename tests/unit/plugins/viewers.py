"""A viewer for tests without a database."""

from __future__ import annotations

from typing import Any

from webapp.accounts.identity import Viewer


def viewer(**changes: Any) -> Viewer:
    """Return a member of account 1 with the user id 1."""
    given: dict[str, Any] = {
        "user_id": 1,
        "username": "me",
        "display_name": "Me",
        "is_superuser": False,
        "profile_id": 1,
        "role": "member",
        "account_id": 1,
        "account_name": "Sweets",
        "account_number": "0000-0000-0001",
        "account_generation": 1,
        "platform_account_id": None,
        "platform_generation": 0,
        "installation": "test",
        "epoch": 1,
    }
    return Viewer(**(given | changes))
