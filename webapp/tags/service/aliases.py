"""Other words for a tag: whoever writes one gets the tag."""

from __future__ import annotations

from webapp.accounts.identity import Viewer
from webapp.core.errors import InvalidInput, NotFound
from webapp.core.text import fold
from webapp.db.session import transaction
from webapp.history import service as history
from webapp.tags.service.rename import apply_rename
from webapp.tags.service.writing import Done, check_name, hold, require_free


def add_alias(viewer: Viewer, tag_id: int, name: str) -> Done:
    """Let a name be an alias of a tag of the viewer's account; no plugin changes.

    Raises:
        NotFound: there is no such tag in the account.
        PermissionDenied: the viewer may not change it.
        InvalidInput: no tag can be called that, one is, or it is an alias already.
    """
    name = check_name(name)
    with transaction() as session:
        reach = hold(session, viewer, [tag_id], changed=[tag_id], seen=None)
        tag = reach.tag(tag_id)
        if fold(name) == tag.key:
            raise InvalidInput.of("name", "This is the tag itself. Write another word for it.", "same")
        if fold(name) in {fold(alias) for alias in tag.aliases}:
            raise InvalidInput.of("name", f"{name} is an alias of {tag.name} already.", "alias")
        require_free(session, tag.account_id, name)
        title = f"Made {name} an alias of {tag.name}"
        with history.one_unit(session, viewer.actor, account_id=tag.account_id, title=title) as unit:
            apply_rename(session, viewer, reach, tag, tag.name, [*tag.aliases, name])
        return Done(unit.id, tag.name, 0)


def remove_alias(viewer: Viewer, tag_id: int, name: str) -> Done:
    """Let a name be no alias of a tag any more: whoever writes it makes a tag of that name.

    Raises:
        NotFound: there is no such tag in the account, or it has no such alias.
        PermissionDenied: the viewer may not change it.
    """
    with transaction() as session:
        reach = hold(session, viewer, [tag_id], changed=[tag_id], seen=None)
        tag = reach.tag(tag_id)
        rest = [alias for alias in tag.aliases if fold(alias) != fold(name)]
        if len(rest) == len(tag.aliases):
            raise NotFound
        title = f"Took the alias {name} from {tag.name}"
        with history.one_unit(session, viewer.actor, account_id=tag.account_id, title=title) as unit:
            apply_rename(session, viewer, reach, tag, tag.name, rest)
        return Done(unit.id, tag.name, 0)
