"""From a tap in the window to a row in the ledger and a sheet of paper: the demo itself, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    out = tmp_path_factory.mktemp("demo")
    environment = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
    command = [sys.executable, "-m", "kiosk", "demo", "--out", str(out)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=400, check=False
    )
    return done, out


def test_four_visits_and_the_books_agree(demo: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    done, _ = demo
    assert done.returncode == 0, done.stdout + done.stderr
    assert "DIFFERS" not in done.stdout
    sums = {line.split()[-1] for line in done.stdout.splitlines() if "￥" in line}
    assert len(sums) == 1, done.stdout
    assert "1 originals, 3 marked copies" in done.stdout


def test_every_screen_and_every_sheet_is_a_picture(
    demo: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    _, out = demo
    page = (out / "index.html").read_text(encoding="utf-8")
    pictures = [*out.glob("screens/*.png"), *out.glob("receipts/*.png")]
    assert len(pictures) > 25
    for picture in pictures:
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert picture.name in page
    shown = {picture.stem.split("-")[1] for picture in out.glob("screens/*.png")}
    assert {
        "Home",
        "MyPage",
        "ChooseTier",
        "ConfirmPayment",
        "PayByQr",
        "Paid",
        "Pending",
        "Records",
    } <= shown


def test_no_traceback_reaches_anybody(demo: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    done, _ = demo
    assert "Traceback" not in done.stderr
