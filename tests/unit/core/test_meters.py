from __future__ import annotations

import multiprocessing
import os
import resource
import signal
from pathlib import Path

import pytest

from webapp.core import meters
from webapp.core.meters import RESERVED_AT_ONCE, SECONDS, Family, Key, Meters, counter, gauge, histogram

COUNTED = counter("test_counted_total", "Things.", "kind")
HELD = gauge("test_held", "Things that are held now.")
TOOK = histogram("test_counted_seconds", "How long it took.", "route")


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Meters:
    """Return numbers that no other test counts in."""
    found = Meters()
    monkeypatch.setattr(meters, "METERS", found)
    return found


def test_observe_chooses_the_bucket_whose_bound_it_reaches(own: Meters) -> None:
    for seconds in (0.0, 0.005, 0.0051, 99.0):
        TOOK.observe(seconds, "/")
    values = {key[1][1]: value for key, value in own.read().items()}
    assert values == {"0": 2, "1": 1, str(len(SECONDS)): 1, "sum": pytest.approx(99.0101)}


def count_in(folder: Path, kind: str, number: int) -> None:
    found = Meters()
    found.keep_in(folder)
    for _ in range(number):
        found.add((COUNTED.name, (kind,)), 1)
    found.add((HELD.name, ()), 1)


def in_a_process(folder: Path, kind: str, number: int) -> None:
    process = multiprocessing.get_context("spawn").Process(target=count_in, args=(folder, kind, number))
    process.start()
    process.join()
    assert process.exitcode == 0


def test_what_all_processes_counted_is_summed_and_outlives_them(tmp_path: Path) -> None:
    for _ in range(2):
        in_a_process(tmp_path, "a", 50)
    count_in(tmp_path, "a", 7)
    found = Meters()
    found.keep_in(tmp_path)
    expected: dict[Key, float] = {(COUNTED.name, ("a",)): 107, (HELD.name, ()): 1}
    assert found.read() == expected, "what ended processes held is let go"
    # Two of them had ended when the third began, so it has their numbers.
    assert len(list(tmp_path.iterdir())) == 1


def test_a_damaged_file_ends_where_it_is_damaged(tmp_path: Path) -> None:
    count_in(tmp_path, "a", 7)
    found = Meters()
    found.keep_in(tmp_path)
    path = next(tmp_path.iterdir())
    whole = path.read_bytes()
    for cut in (0, 4, 8, 20, 60):
        path.write_bytes(whole[:cut])
        assert set(found.read()) <= {(COUNTED.name, ("a",)), (HELD.name, ())}
    path.write_bytes(whole[:24] + b"\xff" * 40 + whole[64:])
    assert found.read() == {}


def test_a_folder_that_takes_no_files_costs_no_request_and_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file where the folder should be")
    found = Meters()
    found.keep_in(tmp_path / "run")
    found.add((COUNTED.name, ("a",)), 3)
    assert found.read() == {(COUNTED.name, ("a",)): 3}
    assert os.getpid() in found.processes()
    (tmp_path / "run").unlink()
    found.add((COUNTED.name, ("a",)), 1)
    assert found.read() == {(COUNTED.name, ("a",)): 4}
    assert len(list((tmp_path / "run").iterdir())) == 1
    found.add((COUNTED.name, ("a",)), 1)
    assert found.read() == {(COUNTED.name, ("a",)): 5}


def count_on_a_small_disk(folder: Path, kibibytes: int) -> None:
    """Count so much that the file would grow over what the disk has, which a limit of the process stands for."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    found = Meters()
    found.keep_in(folder)
    found.add((COUNTED.name, ("first",)), 1)
    (path,) = folder.iterdir()
    # What the file was truncated to is not on the disk yet.
    assert path.stat().st_blocks * 512 <= 2 * RESERVED_AT_ONCE
    resource.setrlimit(resource.RLIMIT_FSIZE, (kibibytes * 1024, kibibytes * 1024))
    for number in range(3_000):
        found.add((COUNTED.name, (f"{number:05d}",)), 1)
    found.add((COUNTED.name, ("first",)), 1)
    values = found.read()
    assert values[COUNTED.name, ("first",)] == 2
    assert 0 < len(values) < 3_000
    assert sum(values.values()) == len(values) + 1, "each is counted, or is not there"


def test_a_disk_that_is_full_ends_no_process(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=count_on_a_small_disk, args=(tmp_path, 64))
    process.start()
    process.join()
    assert process.exitcode == 0


def test_a_process_with_the_id_of_an_ended_one_takes_over_what_that_counted(tmp_path: Path) -> None:
    count_in(tmp_path, "a", 7)
    found = Meters()
    found.keep_in(tmp_path)
    found.add((COUNTED.name, ("a",)), 1)
    assert found.read() == {(COUNTED.name, ("a",)): 8}, "nothing that the ended one held is held"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_name_is_declared_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        counter("test_held", "Something else.")
    assert meters.families()["test_held"] == Family("test_held", "Things that are held now.", "gauge")
