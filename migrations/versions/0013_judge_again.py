"""Rules of lint decide whether a plugin needs attention: what is stored is judged again, by a job of the server."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KEY = "judge-again-0013"
MOMENT = sa.DateTime(timezone=True)
JOBS = sa.table(
    "jobs",
    sa.column("key", sa.String),
    sa.column("kind", sa.String),
    sa.column("title", sa.Text),
    sa.column("state", sa.String),
    sa.column("created_at", MOMENT),
    sa.column("arguments", sa.JSON),
    sa.column("result", sa.JSON),
)
PLUGINS = sa.table("plugin_meta", sa.column("id", sa.BigInteger))


def upgrade() -> None:
    """Apply the change."""
    # A new installation has nothing to judge.
    if op.get_bind().scalar(sa.select(PLUGINS.c.id).limit(1)) is None:
        return
    job = {
        "key": KEY,
        "kind": "judge_plugins",
        "title": "Judging plugins by new rules",
        "state": "queued",
        "created_at": dt.datetime.now(dt.UTC),
        "arguments": {},
        "result": {},
    }
    op.bulk_insert(JOBS, [job])


def downgrade() -> None:
    """Take the change back."""
    op.execute(JOBS.delete().where(JOBS.c.key == KEY))
