"""What is packaged for a tablet: its example is a tablet's configuration, its service is the kiosk's, its list has no Python."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from kiosk import config

ROOT = Path(__file__).resolve().parents[2]


def test_the_example_is_a_tablet_held_in_a_hand() -> None:
    found = config.load(ROOT / "deploy" / "tablet" / "tablet.toml")
    assert found.site.profile == "tablet"
    assert (found.screen.width, found.screen.height) == (1280, 800)
    assert not found.face.check.camera_stands


def test_the_package_holds_the_program_its_service_and_no_token_for_everybody(tmp_path: Path) -> None:
    """The script that makes it, over a folder with nothing but a name in it."""
    tree = tmp_path / "tree"
    for name in ("deploy", "docs", "LICENSE", "kiosk.service", "pyproject.toml"):
        subprocess.run(["cp", "-r", "--parents", name, tree_of(tree)], cwd=ROOT, check=True)
    folder = tree / "dist" / "shebao-tablet"
    folder.mkdir(parents=True)
    (folder / "kiosk").write_text("program")
    (tree / "docs" / "tablet-build.md").touch()
    first, second = made(tree), made(tree)
    assert first == second, "two runs over the same things make the same bytes"

    control = said("dpkg-deb", "--field", package(tree), "Depends")
    assert "libgl1" in control
    assert "python" not in control
    listed = {line.split()[-1].removeprefix("."): line.split() for line in contents(tree)}
    assert listed["/etc/shebao-kiosk/tablet.toml"][0] == "-rw-r-----"
    assert "/opt/shebao-tablet/kiosk" in listed
    subprocess.run(["dpkg-deb", "--extract", package(tree), tmp_path / "out"], check=True)
    unit = (tmp_path / "out/usr/lib/systemd/system/shebao-tablet.service").read_text(encoding="utf-8")
    assert "ExecStart=/opt/shebao-tablet/kiosk run --config /etc/shebao-kiosk/tablet.toml" in unit
    assert "/opt/shebao-kiosk" not in unit
    assert "kiosk.toml" not in unit
    assert "ProtectSystem=strict" in unit


def tree_of(tree: Path) -> Path:
    tree.mkdir(exist_ok=True)
    return tree


def made(tree: Path) -> bytes:
    """The package's bytes."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    subprocess.run(
        ["deploy/tablet/deb.sh", "dist/shebao-tablet"],
        cwd=tree,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return package(tree).read_bytes()


def package(tree: Path) -> Path:
    (found,) = (tree / "dist").glob("*.deb")
    return found


def contents(tree: Path) -> list[str]:
    return [line for line in said("dpkg-deb", "--contents", package(tree)).splitlines() if " -> " not in line]


def said(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
