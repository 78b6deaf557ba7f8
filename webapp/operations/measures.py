"""Numbers that are looked up when somebody asks for them: of the processes, and of what is stored."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

from sqlalchemy.orm import Session

from webapp.core import meters
from webapp.core.meters import Samples
from webapp.jobs.queries import count_states

BUILD = meters.gauge("plugdeck_build_info", "Always 1; the labels say what runs.", "version", "build")
JOBS = meters.gauge("plugdeck_jobs", "Jobs (imports and upkeep) by their state.", "state")
MEMORY = meters.gauge("plugdeck_process_resident_bytes", "Memory of each process.", "pid")
CPU = meters.gauge("plugdeck_process_cpu_seconds", "Processor time that each process has used.", "pid")
FILES = meters.gauge("plugdeck_process_open_files", "Open files and sockets of each process.", "pid")
_PROC = Path("/proc")


def process_samples(build: str) -> Samples:
    """Return what the system knows of our processes; nothing of one that ends meanwhile, or where there is no /proc."""
    samples: Samples = {(BUILD.name, (version("plugdeck"), build)): 1.0}
    for pid in meters.METERS.processes():
        folder = _PROC / str(pid)
        try:
            pages = int((folder / "statm").read_text().split()[1])
            # Behind the name, which is in brackets and may hold anything (proc(5)).
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            files = sum(1 for _ in (folder / "fd").iterdir())
        except (OSError, IndexError, ValueError):
            continue
        ticks = int(fields[11]) + int(fields[12])
        samples[MEMORY.name, (str(pid),)] = float(pages * os.sysconf("SC_PAGE_SIZE"))
        samples[CPU.name, (str(pid),)] = ticks / os.sysconf("SC_CLK_TCK")
        samples[FILES.name, (str(pid),)] = float(files)
    return samples


def stored_samples(session: Session) -> Samples:
    """Return what the database knows."""
    return {(JOBS.name, (state,)): float(number) for state, number in count_states(session).items()}
