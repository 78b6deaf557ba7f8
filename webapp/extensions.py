"""The Flask extension objects and the declarative base, unbound, so that every package can import them."""

from __future__ import annotations

from typing import Any, ClassVar

import structlog
from flask_caching import Cache
from flask_compress import Compress
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import Connection, Engine, MetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase

# Every constraint has a name, so that a migration can drop or change it on both databases.
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The typed base of all models; `db.Model` is not used, so that mypy strict holds."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMING_CONVENTION)


REPLICA = "replica"
"""The bind of the database that only some reads go to (`db.replica`)."""
READS_REPLICA = "plugdeck_reads_replica"


log = structlog.get_logger(__name__)


class RoutedSession(Session):
    """A session whose reads go to the replica for as long as its `info` says so."""

    def get_bind(
        self,
        mapper: Any | None = None,
        clause: Any | None = None,
        bind: Engine | Connection | None = None,
        **kwargs: Any,
    ) -> Engine | Connection:
        """Return the engine that the next statement runs on."""
        if bind is None and self.info.get(READS_REPLICA):
            return db.engines[REPLICA]
        return super().get_bind(mapper=mapper, clause=clause, bind=bind, **kwargs)

    def close(self) -> None:
        """End the session, also when its connection broke after the last statement: the answer is made by then."""
        try:
            super().close()
        except DBAPIError as error:
            log.warning("connection_broke_at_the_end", error=type(error).__name__)
            self.invalidate()


db = SQLAlchemy(model_class=Base, disable_autonaming=True, session_options={"class_": RoutedSession})
cache = Cache()
compress = Compress()
csrf = CSRFProtect()
login_manager = LoginManager()
