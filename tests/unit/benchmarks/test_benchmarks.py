from __future__ import annotations

import yaml

from benchmarks.documents import CONNECTIONS, documents, manifests
from benchmarks.imports import Row


def test_the_documents_are_the_same_each_time_and_of_a_real_size() -> None:
    assert manifests(20) == manifests(20) != manifests(20, seed=2)
    assert all(900 < len(text) < 4_000 for text in documents(40))
    kinds = {document["kind"] for document in yaml.safe_load_all(manifests(20) + "---\n" + CONNECTIONS)}
    assert kinds == {"Plugin", "SqlPlugin", "ApiPlugin", "SqlConnection", "ApiConnection"}


def test_a_goal_is_missed_when_even_the_best_run_is_above_it() -> None:
    def row(*values: float, goal: float | None = 4.0) -> Row:
        return Row("parse", 10, values, "×", goal, [1.0])

    assert row(4.1, 5.0).missed
    assert not row(3.9, 5.0).missed
    assert not row(99.0, goal=None).missed
