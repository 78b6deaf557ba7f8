"""The wheel as somebody gets it: built here, installed into an empty environment without network, and served."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import sysconfig
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import free_port
from webapp.paths import CHECKOUT

START_SECONDS = 120


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=CHECKOUT)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the programs of an environment that holds the wheel, and sees the dependencies of this one."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    _run(sys.executable, "-m", "venv", "--without-pip", str(folder))
    programs = folder / "bin"
    pip = [sys.executable, "-m", "pip", "--python", str(programs / "python")]
    options = ["--no-deps", "--no-index", "--no-compile", "--disable-pip-version-check", "-q"]
    _run(*pip, "install", *options, str(wheel))
    (packages,) = folder.glob("lib/python*/site-packages")
    # A line of a .pth adds a folder, but not what the .pth files in that folder add: this checkout stays out of sight.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return programs


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment of somebody who has set nothing but the folder of the instance."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("PLUGDECK_", "PYTHON", "VIRTUAL_ENV"))
    }
    return kept | {"PLUGDECK_INSTANCE_DIR": str(tmp_path_factory.mktemp("instance"))}


@pytest.fixture(scope="module")
def served(
    installed: Path, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[int]:
    """Migrate with the installed program, serve with it, and return the port."""
    here = tmp_path_factory.mktemp("somewhere")
    _run(str(installed / "plugdeck"), "db", "upgrade", cwd=here, env=environment)
    port = free_port()
    command = [str(installed / "plugdeck"), "serve", "--port", str(port), "--workers", "1"]
    log = here / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=here,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_for(port, process, log)
        yield port
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def test_the_wheel_holds_the_package_and_its_files_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    tops = {name.split("/")[0] for name in names}
    assert tops == {"webapp", f"plugdeck-{wheel.name.split('-')[1]}.dist-info"}
    for folder in ("templates", "static", "migrations"):
        for path in (CHECKOUT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert f"webapp/{path.relative_to(CHECKOUT).as_posix()}" in names, path
    assert any(name.startswith("webapp/demo/manifests/") for name in names)
    assert not [name for name in names if name.endswith((".db", ".pyc", "-key", "-keys"))]


def test_the_installed_package_is_the_one_of_the_wheel(installed: Path, environment: dict[str, str]) -> None:
    ask = "import webapp, webapp.paths as p; print(webapp.__file__, p.resource_dir('templates'))"
    places = _run(str(installed / "python"), "-c", ask, cwd=installed, env=environment).split()
    assert all(place.startswith(str(installed.parent)) for place in places), places


def test_a_page_with_its_templates_and_static_files_is_served(served: int) -> None:
    status, page = _get(served, "/help/plugin")
    assert status == 200
    assert "<h1" in page
    linked = re.findall(r'(?:href|src)="(/static/[^"#]+)"', page)
    assert len(linked) >= 4
    for address in set(linked):
        assert _get(served, address)[0] == 200, address


def test_the_migrations_of_the_wheel_made_the_database(served: int) -> None:
    assert _get(served, "/readyz")[0] == 200
    assert _get(served, "/login")[0] == 200


def _get(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    finally:
        connection.close()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            if _get(port, "/healthz")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"The installed server did not start:\n{log.read_text()}")


def _run(*command: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout
