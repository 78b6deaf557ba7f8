"""Structured logs: one line an event, to standard error, with the request id and without secrets."""

from __future__ import annotations

import logging
import sys

import structlog

from webapp.config import Settings


def configure_from(settings: Settings) -> None:
    """Send events as the settings say; for processes that serve."""
    configure_logging(logging.getLevelNamesMapping()[settings.log_level.upper()], settings.log_format)


def configure_logging(level: int = logging.INFO, form: str = "") -> None:
    """Send structlog events to standard error.

    Args:
        level: the least that is told.
        form: "json", "text", or "" for readable lines on a terminal and JSON everywhere else.
    """
    readable = form == "text" or (not form and sys.stderr.isatty())
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if readable
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
