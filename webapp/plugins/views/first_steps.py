"""What an account without plugins begins with: a sample to add, a manifest to paste, and what the words mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from webapp.accounts.signin import get_viewer
from webapp.core.errors import Conflict, InvalidInput, Unavailable
from webapp.help.concepts import CONCEPTS, Concept
from webapp.plugins import examples, service
from webapp.plugins.models.identity import KIND_OF_CLASS
from webapp.plugins.samples import SAMPLE
from webapp.plugins.values import PluginValues
from webapp.plugins.views import bp
from webapp.plugins.views.undo_buttons import undo_of
from webapp.web.highlight import Token, yaml_lines
from webapp.web.sharing import record_url
from webapp.web.toasts import say


@dataclass(frozen=True)
class FirstSteps:
    """The sample, the lines of the manifest with its kind, and the concepts of the help."""

    sample: PluginValues
    lines: Sequence[Sequence[Token]]
    kind: str
    concepts: Sequence[Concept]


def first_steps() -> FirstSteps:
    """Return the first steps; they are the same for everybody."""
    return FirstSteps(SAMPLE, yaml_lines(examples.STATIC), KIND_OF_CLASS["static"], CONCEPTS)


@bp.post("/plugins/sample")
def add_sample() -> BaseResponse:
    """Add the sample plugin and show it."""
    try:
        saved = service.add_sample(get_viewer())
    except (Conflict, InvalidInput, Unavailable) as error:
        say(f"The sample was not added. {error.message}", category="warning")
        return redirect(url_for("plugins.list_page"), 303)
    if saved.action:
        say("added", name=saved.name, undo=undo_of(saved))
    else:
        say("is there already", name=saved.name, category="info")
    return redirect(record_url(saved.locator) or url_for("plugins.list_page"), 303)
