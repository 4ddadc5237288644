"""The commands, as a technician types them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.visitor import Visitor

ROOT = Path(__file__).parents[2]


def kiosk(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kiosk", *words]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, timeout=60)


def test_a_good_file_is_called_good(visitor: Visitor) -> None:
    done = kiosk("config", "check", str(visitor.toml))
    assert done.returncode == 0, done.stderr
    assert "good" in done.stdout and "WD001" in done.stdout
    assert "demo-token" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("[site]", "[site]\ncolour = 3", "site.colour"),
        ("[scanner]", "[speaker]\nloud = true\n\n[scanner]", "speaker"),
        ('profile = "sam-v"', 'profile = "sam-w"', "reader.profile"),
        ('profile = "epson-80"', 'profile = "none"', "printer.profile"),
        ('kiosk_id = "WD001"', "", "site.kiosk_id"),
    ],
)
def test_a_mistake_refuses_to_start_and_is_named(visitor: Visitor, old: str, new: str, named: str) -> None:
    text = visitor.toml.read_text(encoding="utf-8")
    assert old in text
    visitor.toml.write_text(text.replace(old, new), encoding="utf-8")
    done = kiosk("config", "check", str(visitor.toml))
    assert done.returncode == 2
    assert named in done.stderr and str(visitor.toml) in done.stderr
    assert "Traceback" not in done.stderr
    assert kiosk("run", "--config", str(visitor.toml)).returncode == 2
    assert kiosk("doctor", "--config", str(visitor.toml)).returncode == 2


LOOKS = """
import ctypes, os, resource, sys
from kiosk import __main__ as command
def window(*_):
    print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), *resource.getrlimit(resource.RLIMIT_CORE))  # 3: PR_GET_DUMPABLE
    return 0
command.run_window = window
command.main()
"""


def test_nobody_looks_into_a_kiosk_that_runs_and_it_leaves_no_core(visitor: Visitor) -> None:
    command = [sys.executable, "-c", LOOKS, "run", "--headless", "--config", str(visitor.toml)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert (done.stdout, done.returncode) == ("0 0 0\n", 0), done.stderr


def test_a_file_that_is_not_there() -> None:
    done = kiosk("config", "check", "/nowhere/kiosk.toml")
    assert done.returncode == 2
    assert "/nowhere/kiosk.toml" in done.stderr and "Traceback" not in done.stderr


def test_doctor_says_what_is_wrong_by_its_exit_status(visitor: Visitor) -> None:
    visitor.stand.printer.paper_out()
    done = kiosk("doctor", "--config", str(visitor.toml))
    assert done.returncode == 1, done.stderr
    assert "printer" in done.stdout.splitlines()[-1]


def test_without_words_the_commands_are_named() -> None:
    done = kiosk("--help")
    assert done.returncode == 0
    assert all(command in done.stdout for command in ("run", "demo", "doctor", "config"))


RUN_WITHOUT_GLASS = """
import resource, sys
from pathlib import Path
from kiosk import __main__ as program
limit = lambda: resource.getrlimit(resource.RLIMIT_CORE)
print(limit())
program.run_window = lambda *_: print(limit()) or 0
sys.exit(program.run_kiosk(program.read_config(Path(sys.argv[1])), headless=True))
"""


def test_a_running_kiosk_leaves_no_core_whoever_started_it(visitor: Visitor) -> None:
    command = ["prlimit", "--core=65536:65536", sys.executable, "-c", RUN_WITHOUT_GLASS, str(visitor.toml)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["(65536, 65536)", "(0, 0)"]
