"""The commands `accounts` and `users`: what an operator does before anybody can sign in."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import click
from flask.cli import AppGroup

from webapp.accounts import service
from webapp.accounts.models import ROLE_SUPERUSER, ROLES
from webapp.accounts.queries import PAGE, AccountRow, UserRow, list_accounts, list_users
from webapp.db.session import current_session

accounts_cli = AppGroup("accounts", help="Create and list accounts.")
users_cli = AppGroup("users", help="Create, list, disable and enable people; set their passwords and roles.")

WIDTH_IN_A_PIPE = 1_000

R = TypeVar("R", AccountRow, UserRow)

output_option = click.option(
    "--output", type=click.Choice(["table", "json"]), default="table", show_default=True, help="How to print."
)
password_option = click.option(
    "--password-stdin",
    is_flag=True,
    required=True,
    help="Read the password from standard input, so that it stands in no history and no process list.",
)


@accounts_cli.command("create")
@click.option("--name", required=True, help="Name shown to the account's people.")
@click.option("--number", help="nnnn-nnnn-nnnn; a random free one when left out.")
@output_option
def create_account_command(name: str, number: str | None, output: str) -> None:
    """Create an account."""
    made = service.create_account(name, number)
    if output == "json":
        _print_json(dataclasses.asdict(made))
    else:
        click.echo(f"Account {made.number} ({made.name}) is created.")


@accounts_cli.command("list")
@output_option
def list_accounts_command(output: str) -> None:
    """List all accounts in the order in which they were made."""
    rows = _all(lambda after: list_accounts(current_session(), after, PAGE), lambda row: row.id)
    if output == "json":
        _print_json([dataclasses.asdict(row) for row in rows])
    else:
        _print_table(
            ("Number", "Name", "Active"), ((row.number, row.name, _yes(row.is_active)) for row in rows)
        )


@users_cli.command("create")
@click.argument("username")
@click.option("--account", "number", required=True, help="Number of the account, nnnn-nnnn-nnnn.")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the person may do.")
@password_option
@click.option("--name", "display_name", default="", help="Name shown to others; the username when left out.")
@click.option("--email", help="E-mail address.")
def create_user_command(
    username: str, number: str, role: str, password_stdin: bool, display_name: str, email: str | None
) -> None:
    """Create a person in an account."""
    service.create_user(username, number, role, _read_password(), display_name, email)
    click.echo(f"User {username} is created as {role} of account {number}.")


@users_cli.command("list")
@output_option
def list_users_command(output: str) -> None:
    """List all people, once for each account that they belong to."""
    rows = _all(lambda after: list_users(current_session(), after, PAGE), lambda row: row.profile_id)
    if output == "json":
        _print_json([dataclasses.asdict(row) for row in rows])
    else:
        _print_table(
            ("Username", "Name", "Account", "Role", "Active"),
            (
                (row.username, row.display_name, row.account_number, row.role, _yes(row.is_active))
                for row in rows
            ),
        )


@users_cli.command("set-password")
@click.argument("username")
@password_option
def set_password_command(username: str, password_stdin: bool) -> None:
    """Give a person another password; they are signed out everywhere."""
    service.set_password(username, _read_password())
    click.echo(f"The password of {username} is set. They are signed out everywhere.")


@users_cli.command("disable")
@click.argument("username")
def disable_command(username: str) -> None:
    """Keep a person out from their next request on."""
    service.disable_user(username)
    click.echo(f"User {username} is disabled.")


@users_cli.command("enable")
@click.argument("username")
def enable_command(username: str) -> None:
    """Let a person in again who was disabled everywhere."""
    service.enable_user(username)
    click.echo(f"User {username} is enabled.")


@users_cli.command("set-role")
@click.argument("username")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the person may do.")
@click.option("--account", "number", help="Where they are member or staff; needed for several profiles.")
def set_role_command(username: str, role: str, number: str | None) -> None:
    """Make a person member or staff of an account, or superuser of all."""
    if role == ROLE_SUPERUSER and number:
        raise click.UsageError("A superuser may do everything in every account. Leave --account out.")
    where = service.set_role(username, role, number)
    click.echo(
        f"User {username} is {role} of account {where}." if where else f"User {username} is superuser."
    )


def _read_password() -> str:
    try:
        text = sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise click.UsageError("The password on standard input is not UTF-8 text.") from error
    # `echo` and editors end the line; every other space belongs to the password.
    return text.removesuffix("\n").removesuffix("\r")


def _all(page: Callable[[int], Sequence[R]], mark: Callable[[R], int]) -> Iterator[R]:
    after = 0
    while rows := page(after):
        yield from rows
        after = mark(rows[-1])


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich.console import Console  # Only these commands draw tables.
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, no_wrap=True, overflow="ignore")
    for row in rows:
        # As text, not markup: a name may hold square brackets.
        table.add_row(*(Text(cell) for cell in row))
    # Into a pipe nothing is cut, whatever width the terminal behind it has.
    Console(width=None if sys.stdout.isatty() else WIDTH_IN_A_PIPE).print(table)
