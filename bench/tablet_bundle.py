"""The tablet's folder as ``make tablet`` leaves it, tried from outside: ``python -m bench.tablet_bundle``.

It is started where there is no Python and no command at all, only itself and the machine's shared libraries: it says its help, checks
a configuration, examines the machine, comes up off screen, and serves one visit from the sign-in to central's answer, all of it seen
and tapped on a display (``bench.tablet_visit``).  Then it is weighed against the same program started from the source, by turns.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import tablet_visit
from bench.figures import Figure, median
from bench.processes import start

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "dist" / "shebao-tablet"
EXAMPLE = ROOT / "deploy" / "tablet" / "tablet.toml"
INSTALLED = "/opt/shebao-tablet"
SETTLE_S = 3.0  # what is put off until the first screen is there has happened by then
RUNS, RUNS_QUICK = 7, 3
# All that the program sees of the machine beside itself: its libraries and drivers, devices, fonts, and a place to write
SEEN = (
    *("/dev", "/proc", "/sys", "/tmp", "/etc", "/usr/lib/x86_64-linux-gnu", "/usr/lib64"),
    *("/usr/share/fonts", "/usr/share/glvnd", "/usr/share/drirc.d", "/usr/share/X11"),
)
BARE = f"""
set -e
root=$(mktemp -d)
mount -t tmpfs none "$root"
for path in {" ".join(SEEN)}; do
    [ -e "$path" ] || continue
    mkdir -p "$root$path"
    mount --rbind "$path" "$root$path"
done
ln -s usr/lib usr/lib64 "$root/"
mkdir -p "$root{INSTALLED}"
mount --bind {shlex.quote(str(FOLDER))} "$root{INSTALLED}"
exec "$@" /usr/sbin/chroot "$root" {INSTALLED}/kiosk
"""


class Failed(Exception):
    """The folder does not do what it should; the message says what."""


def bare(words: Sequence[str], env: Mapping[str, str] | None = None) -> list[str]:
    """The command that starts the program with these words on a bare machine.  Its process is the program's own.

    Where this user may not make a bare machine, only the environment is bare; ``alone`` tells.
    """
    given = {"PATH": "/nonexistent", "HOME": "/tmp", "NOTIFY_SOCKET": "$NOTIFY_SOCKET", **(env or {})}
    cleared = " ".join(f'{name}="{value}"' for name, value in given.items())
    typed = " ".join(shlex.quote(word) for word in words)
    if alone():
        script = BARE.replace('"$@"', f"env -i {cleared}").rstrip() + f" {typed}"
        return ["unshare", "--mount", "bash", "-c", script]
    return ["bash", "-c", f"cd /; exec env -i {cleared} {shlex.quote(str(FOLDER / 'kiosk'))} {typed}"]


def alone() -> bool:
    """Whether this user may give a program a file system of its own."""
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0


def said(*words: str, status: int = 0) -> str:
    """What the program says to these words.  Raises Failed when it ends with another status, or in a traceback."""
    ended = subprocess.run(bare(words), capture_output=True, text=True, check=False, timeout=60)
    if ended.returncode != status or "Traceback" in ended.stderr:
        raise Failed(f"kiosk {' '.join(words)}: status {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return ended.stdout


def check(folder: Path) -> None:
    """Every command that a technician types.  Raises Failed."""
    if "usage: kiosk" not in said("--help"):
        raise Failed("no help")
    toml = folder / "tablet.toml"
    toml.write_text(lonely(folder), encoding="utf-8")
    if "good. Kiosk TB001" not in said("config", "check", str(toml)):
        raise Failed("the example is not a good configuration")
    # nothing is plugged in here, so it is not all good; but journal, fonts and engine are
    found = said("doctor", "--config", str(toml), status=1)
    for line in ("good     journal", "good     fonts"):
        if line not in found:
            raise Failed(f"doctor: no '{line}'\n{found}")
    if "The face check can run." not in said("face", "doctor", "--config", str(toml)):
        raise Failed("the face engine cannot run")
    off_screen = start(bare(["run", "--headless", "--config", str(toml)]))
    if (status := off_screen.stop()) != 0:
        raise Failed(f"off screen it ended with {status}")


def lonely(folder: Path) -> str:
    """The shipped example, of a tablet with nothing plugged in and a central that does not answer."""
    text = EXAMPLE.read_text(encoding="utf-8")
    text = text.replace("/var/lib/shebao-kiosk", str(folder / "data")).replace(
        "/dev/kiosk-reader", "/dev/null"
    )
    return text.replace("https://central.example.invalid", "http://127.0.0.1:9")


def size_mb() -> float:
    """What the folder takes, MB (10^6 bytes).  Raises SystemExit when it has not been made."""
    if not (FOLDER / "kiosk").is_file():
        raise SystemExit("there is no dist/shebao-tablet: make tablet")
    return sum(path.lstat().st_size for path in FOLDER.rglob("*") if not path.is_symlink()) / 1e6


def against_source(folder: Path, quick: bool) -> list[Figure]:
    """Start to usable, and memory, of the folder by those of the source, off screen, by turns, with warm caches."""
    toml = folder / "tablet.toml"
    toml.write_text(lonely(folder), encoding="utf-8")
    words = ["run", "--headless", "--config", str(toml)]
    commands = {
        "bundle": [str(FOLDER / "kiosk"), *words],
        "source": [sys.executable, "-m", "kiosk", *words],
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    rss_mb: dict[str, list[float]] = {name: [] for name in commands}
    for command in commands.values():
        start(command).stop()
    for _ in range(RUNS_QUICK if quick else RUNS):
        for name, command in commands.items():
            one = start(command)
            seconds[name].append(one.ready_s)
            time.sleep(SETTLE_S)
            rss_mb[name].append(one.rss_mb())
            one.stop()
    return [
        Figure(
            f"{name}_vs_source",
            median(samples["bundle"]) / median(samples["source"]),
            "x",
            runs=len(samples["bundle"]),
            more={
                f"bundle_{unit}": median(samples["bundle"]),
                f"source_{unit}": median(samples["source"]),
                f"bundle_worst_{unit}": max(samples["bundle"]),
            },
        )
        for name, unit, samples in (("bundle_start", "s", seconds), ("bundle_rss", "mb", rss_mb))
    ]


def main() -> int:
    size = size_mb()
    with tempfile.TemporaryDirectory(prefix="tablet-") as name:
        folder = Path(name)
        try:
            check(folder)
            visit = tablet_visit.one_visit(folder, bare)
        except (Failed, tablet_visit.WentWrong) as error:
            sys.stderr.write(f"{error}\n")
            return 1
        where = (
            "where there is no Python"
            if alone()
            else "with an empty environment (not allowed to hide Python)"
        )
        sys.stdout.write(f"The folder of {size:.0f} MB starts {where}; {visit}\n")
        if "--weigh" in sys.argv[1:]:
            for one in against_source(folder, quick=True):
                seen = ", ".join(f"{name} {value:.3g}" for name, value in one.more.items())
                sys.stdout.write(f"{one.name}: {one.value:.3g} ({seen})\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
