"""Planning and applying manifests: what would happen, then exactly that in one transaction. Knows nothing of HTTP."""

from __future__ import annotations

from webapp.manifests.service.applying import Applied, apply
from webapp.manifests.service.merging import list_news, seen_of
from webapp.manifests.service.planning import plan
from webapp.manifests.service.pruning import list_taken_over, plan_pruning

__all__ = ["Applied", "apply", "list_news", "list_taken_over", "plan", "plan_pruning", "seen_of"]
