"""The licences of everything that the tablet's folder holds, in one folder of it.  Used by deploy/tablet/tablet.spec.

A file belongs to the distribution that installed it, to Python, or to a Debian package.  A file that belongs to nobody, and an owner
who brings no words of a licence, end the build: nothing is given away of which nobody knows on which terms.
"""

import importlib.metadata
import shutil
import subprocess
import sysconfig
from pathlib import Path

WORDS = ("licen", "copying", "notice")


def collect(analysis, root, folder):
    """Writes a folder for each owner below ``folder``; gives PyInstaller's lines for the files.  Raises SystemExit."""
    python, packages = Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("purelib"))
    owners = {
        packages / file: one.name for one in importlib.metadata.distributions() for file in one.files or ()
    }
    distributions, debian, lost = {"pyinstaller"}, set(), []  # PyInstaller's starter is part of the program
    everything = (*analysis.pure, *analysis.binaries, *analysis.datas)
    for path in sorted({Path(source) for _, source, kind in everything if source and kind != "SYMLINK"}):
        if path in owners:
            distributions.add(owners[path])
        elif path.is_relative_to(packages):
            lost.append(path)
        elif path.is_relative_to(root) or path.is_relative_to(python) or path.name.startswith("libpython"):
            continue
        elif package := of_debian(path):
            debian.add(package)
        else:
            lost.append(path)
    if lost:
        raise SystemExit("whose are these?\n" + "\n".join(map(str, lost)))
    shutil.rmtree(folder, ignore_errors=True)
    keep(folder / "shebao-kiosk", [root / "LICENSE", *(root / "assets/licences").iterdir()])
    keep(folder / "python", [python / "LICENSE.txt"])
    for name in distributions:
        keep(folder / name, of_distribution(importlib.metadata.distribution(name)))
    for package in debian:
        keep(folder / package, [Path("/usr/share/doc") / package / "copyright"])
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [(f"licences/{path.relative_to(folder)}", str(path), "DATA") for path in files]


def of_distribution(one):
    """Its licence files, or its metadata where they state the licence and nothing else does.  Raises SystemExit."""
    files = [one.locate_file(file) for file in one.files or () if is_licence(file)]
    if files:
        return files
    stated = one.metadata.get("License-Expression") or one.metadata.get("License")
    metadata = [file for file in one.files or () if file.name == "METADATA"]
    if not stated or not metadata:
        raise SystemExit(f"{one.name} brings no licence")
    return [one.locate_file(metadata[0])]


def is_licence(file):
    return file.suffix not in (".py", ".pyc") and any(word in file.name.lower() for word in WORDS)


def of_debian(path):
    """The package that installed a file, None when none did."""
    # /usr/lib, and /lib where it was installed as that
    for name in (path.resolve(), Path("/", *path.resolve().parts[2:])):
        asked = subprocess.run(["dpkg", "-S", str(name)], capture_output=True, text=True, check=False)
        if asked.returncode == 0:
            return asked.stdout.partition(":")[0]
    return None


def keep(folder, files):
    """Copies; a second file of the same name gets a number.  Raises OSError when one is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(map(Path, files)):
        there = folder / file.name
        number = 1
        while there.exists() and there.read_bytes() != file.read_bytes():
            number += 1
            there = folder / f"{file.stem}-{number}{file.suffix}"
        shutil.copyfile(file, there)
