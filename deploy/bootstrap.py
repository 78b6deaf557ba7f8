"""Make `.venv/` with the locked dependencies, on a bare Python with pip; needs nothing but the standard library.

    python3 deploy/bootstrap.py run     what the console needs
    python3 deploy/bootstrap.py dev     the same and what the tests and checks need

It does nothing when the environment already fits the lock file. What goes wrong is said in one line.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCKS = {"run": "requirements.lock", "dev": "requirements-dev.lock"}
MINIMUM = (3, 11)


def main(level: str) -> int:
    """Bring the environment up to date and return the exit code."""
    if sys.version_info < MINIMUM:
        return fail(f"Python {MINIMUM[0]}.{MINIMUM[1]} or later is needed; this is {sys.version.split()[0]}.")
    if not os.access(ROOT, os.W_OK):
        return fail(f"{ROOT} cannot be written. Clone Plugdeck into a folder of yours.")
    lock = ROOT / LOCKS[level]
    wanted = fingerprint(lock)
    stamp = VENV / f".{level}-installed"
    # What the tests need includes what the console needs.
    held = [VENV / ".dev-installed", stamp] if level == "run" else [stamp]
    if any(
        path.is_file() and path.read_text() in (wanted, fingerprint(ROOT / LOCKS["dev"])) for path in held
    ):
        return 0
    if not (VENV / "bin" / "python").exists():
        say("Creating .venv")
        shutil.rmtree(VENV, ignore_errors=True)
        if run([sys.executable, "-m", "venv", str(VENV)]):
            return fail("python3 -m venv failed. On Debian and Ubuntu install python3-venv, then try again.")
    say(f"Installing the locked dependencies from {lock.name} (first time only)")
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    if run([*pip, "--require-hashes", "--only-binary", ":all:", "-r", str(lock)]):
        return fail(
            "pip could not install the locked dependencies. Its own words are above; check the network, "
            "or that a wheel exists for this platform (nothing is compiled here)."
        )
    if run([*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT)]):
        return fail("pip could not install Plugdeck itself. Its own words are above.")
    stamp.write_text(wanted)
    return 0


def fingerprint(lock: Path) -> str:
    """Return what has to change for the environment to be made anew."""
    digest = hashlib.sha256(lock.read_bytes())
    digest.update((ROOT / "pyproject.toml").read_bytes())
    digest.update(sys.version.encode())
    return digest.hexdigest()


def run(command: list[str]) -> int:
    """Run a command; show only what it says on standard error, and only when it failed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        errors = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        print("\n".join(errors[-5:]), file=sys.stderr)
    return done.returncode


def say(text: str) -> None:
    """Report progress."""
    print(f"{text} …", flush=True)


def fail(text: str) -> int:
    """Say in one line what is wrong."""
    print(f"Error: {text}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in LOCKS:
        print("Usage: python3 deploy/bootstrap.py run|dev", file=sys.stderr)
        sys.exit(2)
    sys.exit(main(sys.argv[1]))
