from __future__ import annotations

import socket
import threading
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import report
from benchmarks.load import Connection, Incoming, LoadError, percentile, request_bytes
from benchmarks.scenarios import (
    Compared,
    Measured,
    judge,
    judge_clients,
    judge_competitor,
    judge_databases,
    judge_footprint,
    judge_growth,
    select,
)
from benchmarks.site import kept_cookie
from benchmarks.statements import Count

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: x\r\n\r\nhello"


def measured(p50: float, p95: float = 10.0, floor: float = 1.0) -> Measured:
    return Measured(p50, p95, floor)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 1.0))
def test_a_percentile_is_a_value_that_so_many_do_not_exceed(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-6


def test_a_percentile_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="No values"):
        percentile([], 0.5)


@given(st.integers(1, len(ANSWER) - 1))
def test_an_answer_is_whole_however_it_was_cut(cut: int) -> None:
    incoming = Incoming()
    assert incoming.feed(ANSWER[:cut]) is None
    answer = incoming.feed(ANSWER[cut:])
    assert answer is not None
    assert (answer.status, answer.headers["etag"], answer.body) == (200, "x", b"hello")


def test_an_unchanged_page_has_no_body_and_an_answer_without_length_is_refused() -> None:
    unchanged = Incoming().feed(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n")
    assert unchanged is not None
    assert unchanged.body == b""
    with pytest.raises(LoadError):
        Incoming().feed(b"HTTP/1.1 200 OK\r\n\r\n")


def test_an_answer_may_set_more_than_one_cookie() -> None:
    answer = Incoming().feed(
        b"HTTP/1.1 302 Found\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n"
    )
    assert answer is not None
    assert kept_cookie(answer) == {"a": "1", "b": "2"}


def test_a_connection_that_was_closed_while_idle_is_opened_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for _ in range(2):
                accepted, _address = server.accept()
                with accepted:
                    accepted.recv(1024)
                    accepted.sendall(ANSWER)

        thread = threading.Thread(target=serve)
        thread.start()
        connection = Connection(server.getsockname()[1])
        bodies = [connection.send(request_bytes("/")).body for _ in range(2)]
        connection.close()
        thread.join()
    assert bodies == [b"hello", b"hello"]


def test_a_form_goes_over_the_wire_with_its_length() -> None:
    assert request_bytes("/x", {"Cookie": "a=b"}, [("q", "ä")]).endswith(b"Content-Length: 8\r\n\r\nq=%C3%A4")


def test_a_goal_is_judged_by_the_floor_beside_it() -> None:
    times = {"list, cold": measured(8.1), "rare search, cold": measured(12.0), "save": measured(4.0, 12.0)}
    found = {verdict.what: verdict.met for verdict in judge(times)}
    assert found == {
        "list, cold / floor": False,
        "rare search, cold / list, cold": True,
        "save / floor": True,
        "save p95 / p50": True,
    }


def test_growth_compares_two_sizes_and_clients_need_at_least_their_share() -> None:
    (growth,) = judge_growth(
        {"list, cold": measured(2.0)}, {"list, cold": measured(3.2), "other": measured(1)}
    )
    assert not growth.met
    assert [verdict.met for verdict in judge_clients({"warm": 0.5, "cold": 0.1})] == [True, False]


def test_postgresql_is_compared_by_the_ratio_to_its_own_floor() -> None:
    sqlite = {"save": measured(4.0, floor=1.0), "only here": measured(1.0)}
    (found,) = judge_databases(sqlite, {"save": measured(15.0, floor=3.0)})
    assert (found.line, found.found, found.met) == (11, 1.25, True)


def test_a_bare_app_and_another_admin_are_judged_beside_ours() -> None:
    memory, start = judge_footprint(
        {"memory of 2 workers, MiB": Compared(100.0, 130.0), "start to first page, s": Compared(1.0, 1.7)}
    )
    assert (memory.met, start.met) == (True, False)
    found = judge_competitor({"admin list": Compared(200.0, 10.0), "admin deep": Compared(500.0, 10.0)})
    assert [verdict.met for verdict in found] == [True, False]


def test_scenarios_are_chosen_by_words_of_their_names() -> None:
    assert {one.name for one in select(["deep", "SAVE"])} == {"deep page, cold", "save"}


def test_the_tables_have_a_line_for_each_and_the_chart_is_a_picture() -> None:
    times = {"list <warm>": measured(2.0), "list, cold": measured(8.0)}
    assert len(report.times_table("1k", times).splitlines()) == 3
    assert report.goals_table(judge(times)).endswith("met")
    assert len(report.compared_table({"admin list": Compared(2.0, 1.0)}).splitlines()) == 2
    assert report.compared_table({}) == ""
    assert "MISSED" in report.counts_table([Count("list, cold", 6, 5)])
    picture = ElementTree.fromstring(report.chart("Times", times))
    assert len([part for part in picture if part.tag.endswith("rect")]) == 2
    assert set(report.machine()) == {"processor", "cores", "memory", "python"}
