"""The list of plugins in Django's admin, tuned as far as it goes.

The query follows an index of ours in sort order, related rows come with it or in one more query, and the whole table
is never counted. Pages are by number: the admin knows no other.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin

from benchmarks.django_admin.models import Plugin


@admin.register(Plugin)
class PluginAdmin(admin.ModelAdmin):
    """Fifty plugins a page, the latest change first."""

    list_display = ("name", "plugin_class", "readiness", "version", "tag_names", "user_profile", "updated_at")
    list_select_related = ("user_profile__user",)
    list_filter = ("plugin_class", "readiness")
    search_fields = ("name", "description")
    ordering = ("-updated_at", "-id")
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: Any) -> Any:
        """Return the live plugins that the person sees in Plugdeck: of their account and of the platform."""
        found = super().get_queryset(request)
        return found.filter(account_id__in=settings.BENCH_ACCOUNTS, deleted_at=None).prefetch_related("tags")

    @admin.display(description="tags")
    def tag_names(self, plugin: Plugin) -> str:
        """Return the names of the tags."""
        return ", ".join(tag.name for tag in plugin.tags.all())
