"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path


def describe(seed: int) -> dict[str, str]:
    cpus = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.split(":")[1].strip() for line in cpus if line.startswith("model name")), "unknown")
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": f"{model}, {os.cpu_count()} cores",
        "kernel": platform.release(),
        "python": platform.python_version(),
        "commit": commit(),
        "seed": str(seed),
        "load average at the start": load(),
    }


def load() -> str:
    return " ".join(f"{one:.2f}" for one in os.getloadavg())


def commit() -> str:
    """The checked out commit; "unknown" outside a checkout."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def filesystem(folder: Path) -> str:
    """Type of the filesystem that holds ``folder``."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    holding = [m for m in mounts if folder.resolve().is_relative_to(m[1])]
    return max(holding, key=lambda m: len(m[1]))[2]
