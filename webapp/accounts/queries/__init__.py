"""Reads of accounts and people, and the one statement that loads the viewer of a request."""

from __future__ import annotations

from webapp.accounts.queries.listing import PAGE, AccountRow, UserRow, list_accounts, list_users
from webapp.accounts.queries.viewers import (
    Credentials,
    find_credentials,
    find_sign_in_profile,
    get_cli_viewer,
    load_viewer,
)

__all__ = [
    "PAGE",
    "AccountRow",
    "Credentials",
    "UserRow",
    "find_credentials",
    "find_sign_in_profile",
    "get_cli_viewer",
    "list_accounts",
    "list_users",
    "load_viewer",
]
