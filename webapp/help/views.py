"""The index of the help and the page of a concept. Both are public: they hold nothing of any account."""

from __future__ import annotations

from flask import Blueprint, Flask, Response

from webapp.core.errors import NotFound
from webapp.help.concepts import CONCEPTS, find_concept, get_concept, neighbours
from webapp.help.keys import SHEET
from webapp.web.highlight import plain_lines, yaml_lines
from webapp.web.rendering import render, render_either
from webapp.web.sharing import public_url

bp = Blueprint("help", __name__, url_prefix="/help")


def init_help(app: Flask) -> None:
    """Let templates link to the page of a concept by its word."""
    app.jinja_env.globals["help_concept"] = get_concept


@bp.get("/")
def index() -> Response:
    """List the concepts, each in one line."""
    return render("help/index.html", concepts=CONCEPTS)


@bp.get("/keys")
def keys() -> Response:
    """Show every key and what it does."""
    return render_either("help/keys.html", "help/_keys.html", sheet=SHEET)


@bp.get("/<concept>")
def concept(concept: str) -> Response:
    """Explain one concept."""
    found = find_concept(concept)
    if found is None:
        raise NotFound
    example = found.example
    before, after = neighbours(found)
    return render(
        "help/concept.html",
        concepts=CONCEPTS,
        concept=found,
        lines=yaml_lines(example.text) if example.kind else plain_lines(example.text),
        before=before,
        after=after,
        site=public_url(),
    )
