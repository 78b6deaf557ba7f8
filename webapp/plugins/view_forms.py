"""The form of a saved view; the rules for its name are the service's."""

from __future__ import annotations

from wtforms import BooleanField, HiddenField, StringField

from webapp.web.forms import Form


class SavedViewForm(Form):
    """How a view is called, who sees it, and the query string of the list that it means."""

    name = StringField("Name of the view")
    shared = BooleanField("Share with the account")
    query = HiddenField()
