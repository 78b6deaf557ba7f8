"""The invented accounts and people of the demo; everybody who owns a manifest is listed here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["member", "staff"]
SignInRole = Literal["member", "staff", "superuser"]


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """A tenant of the demo, known by its account number."""

    number: str
    name: str


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A person with one profile, in the account with the given number."""

    username: str
    display_name: str
    account_number: str
    role: Role = "member"
    is_superuser: bool = False


@dataclass(frozen=True, slots=True)
class DemoSignIn:
    """A sign-in that `make run` prints: which person to use to see the product in a role."""

    role: SignInRole
    username: str


CONFECTIONERY = "4015-2290-7713"
FREIGHT = "7302-1184-5560"
PLATFORM = "3141-5926-5359"

# The order is the order in which the demo is loaded. The platform account stands first because its plugins are
# readable by all others.
ACCOUNTS: tuple[DemoAccount, ...] = (
    DemoAccount(PLATFORM, "Plugdeck platform"),
    DemoAccount(CONFECTIONERY, "Hazel & Quince"),
    DemoAccount(FREIGHT, "Saltmarsh Freight"),
)

PEOPLE: tuple[DemoPerson, ...] = (
    DemoPerson("odette", "Odette Marchetti", PLATFORM, "staff", is_superuser=True),
    DemoPerson("henrik", "Henrik Solberg", PLATFORM, "staff"),
    DemoPerson("yuki", "Yuki Tanabe", PLATFORM),
    DemoPerson("bram", "Bram Oosterhuis", PLATFORM),
    DemoPerson("imogen", "Imogen Achterberg", CONFECTIONERY, "staff"),
    DemoPerson("tobias", "Tobias Okonkwo", CONFECTIONERY),
    DemoPerson("renske", "Renske de Wit", CONFECTIONERY),
    DemoPerson("dalia", "Dalia Haddad", CONFECTIONERY),
    DemoPerson("pieter", "Pieter Vandamme", CONFECTIONERY),
    DemoPerson("solveig", "Solveig Ødegård", FREIGHT, "staff"),
    DemoPerson("marek", "Marek Wiśniewski", FREIGHT),
    DemoPerson("anjali", "Anjali Raghavan", FREIGHT),
    DemoPerson("cormac", "Cormac Ó Briain", FREIGHT),
    DemoPerson("lucia", "Lucia Ferrante", FREIGHT),
)

SIGN_INS: tuple[DemoSignIn, ...] = (
    DemoSignIn("member", "tobias"),
    DemoSignIn("staff", "imogen"),
    DemoSignIn("superuser", "odette"),
)
