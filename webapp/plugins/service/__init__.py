"""Writing plugins: permission, revision, the record's own members, history. Knows nothing of HTTP."""

from __future__ import annotations

from webapp.plugins.service.bin import delete_plugin, empty_bin, restore_plugin
from webapp.plugins.service.bulk import (
    PluginWriting,
    Prepared,
    Refused,
    Target,
    prepare_plugins,
    write_plugins,
)
from webapp.plugins.service.bulk_bin import (
    bin_plugins,
    bin_unmoved,
    preview_bin,
    preview_restore,
    restore_plugins,
)
from webapp.plugins.service.bulk_edit import Outcome, Refusal, Seen, edit_plugins, preview_edit
from webapp.plugins.service.bulk_owner import change_owners, preview_owner
from webapp.plugins.service.bulk_undo import undo_many
from webapp.plugins.service.moves import change_owner, clone_plugin, rename_plugin
from webapp.plugins.service.sample import add_sample
from webapp.plugins.service.stars import star_plugin, unstar_plugin
from webapp.plugins.service.undo import restore_revision, undo_writes
from webapp.plugins.service.usage import (
    link_chatbot,
    record_selection,
    record_tool_call,
    record_use,
    unlink_chatbot,
)
from webapp.plugins.service.writing import (
    NO_RIGHT,
    Saved,
    changed_fields,
    create_plugin,
    spelled_fields,
    update_field,
    update_plugin,
)

__all__ = [
    "NO_RIGHT",
    "Outcome",
    "PluginWriting",
    "Prepared",
    "Refusal",
    "Refused",
    "Saved",
    "Seen",
    "Target",
    "add_sample",
    "bin_plugins",
    "bin_unmoved",
    "change_owner",
    "change_owners",
    "changed_fields",
    "clone_plugin",
    "create_plugin",
    "delete_plugin",
    "edit_plugins",
    "empty_bin",
    "link_chatbot",
    "prepare_plugins",
    "preview_bin",
    "preview_edit",
    "preview_owner",
    "preview_restore",
    "record_selection",
    "record_tool_call",
    "record_use",
    "rename_plugin",
    "restore_plugin",
    "restore_plugins",
    "restore_revision",
    "spelled_fields",
    "star_plugin",
    "undo_many",
    "undo_writes",
    "unlink_chatbot",
    "unstar_plugin",
    "update_field",
    "update_plugin",
    "write_plugins",
]
