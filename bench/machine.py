"""The machine a run was made on: figures mean little without it."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Machine:
    """`memory` in bytes, `load` the one-minute load average before the run."""

    cpu: str
    cores: int
    memory: int
    system: str
    load: float


def this_machine() -> Machine:
    return Machine(
        cpu=cpu_model(Path("/proc/cpuinfo").read_text()),
        cores=len(os.sched_getaffinity(0)),
        memory=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        system=f"{platform.system()} {platform.release()}, {platform.machine()}",
        load=os.getloadavg()[0],
    )


def cpu_model(cpuinfo: str) -> str:
    """The first model name in a `/proc/cpuinfo`, with the clock rate the kernel knows, if any."""
    facts = {
        name.strip(): value.strip()
        for name, _, value in (line.partition(":") for line in reversed(cpuinfo.splitlines()))
    }
    megahertz = facts.get("cpu MHz")
    model = facts.get("model name", "unknown")
    return f"{model}, {float(megahertz) / 1000:.1f} GHz" if megahertz else model
