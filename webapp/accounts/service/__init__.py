"""Writes of accounts, people and their login sessions. Knows nothing of HTTP."""

from __future__ import annotations

from webapp.accounts.service.fields import USERNAME_MAX
from webapp.accounts.service.operating import (
    create_account,
    create_user,
    disable_user,
    enable_user,
    set_password,
    set_role,
)
from webapp.accounts.service.signing import (
    WrongCredentials,
    authenticate,
    change_password,
    keep_input,
    sign_in,
    sign_out,
)
from webapp.accounts.service.upkeep import clean_up

__all__ = [
    "USERNAME_MAX",
    "WrongCredentials",
    "authenticate",
    "change_password",
    "clean_up",
    "create_account",
    "create_user",
    "disable_user",
    "enable_user",
    "keep_input",
    "set_password",
    "set_role",
    "sign_in",
    "sign_out",
]
