"""The forms of gardening: another name, an alias, what is merged into what."""

from __future__ import annotations

from wtforms import HiddenField

from webapp.core.rules import check_tag
from webapp.web.fields import CheckField, LineField, ReasonField
from webapp.web.forms import Form, raise_first


class RenameForm(Form):
    """Another name for a tag."""

    seen = HiddenField()
    name: LineField = LineField("New name")
    keep_alias: CheckField = CheckField("Keep the old name as an alias")
    reason: ReasonField = ReasonField()

    def validate_name(self, field: LineField) -> None:
        """Refuse what no tag can be called (WTForms calls this by its name)."""
        raise_first(check_tag(field.data or ""))


class MergeForm(Form):
    """What happens to the names of merged tags; which they are, stands in the address."""

    seen = HiddenField()
    keep_alias: CheckField = CheckField("Keep the old names as aliases")
    reason: ReasonField = ReasonField()


class AliasForm(Form):
    """Another word for a tag."""

    name: LineField = LineField("New alias")

    def validate_name(self, field: LineField) -> None:
        """Refuse what no tag can be called (WTForms calls this by its name)."""
        raise_first(check_tag(field.data or ""))
