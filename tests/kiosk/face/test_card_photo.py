"""The port of the chip's picture, with a program of our own behind it: its bytes in, a picture out, never a file."""

from __future__ import annotations

import hashlib
import stat
import subprocess
import sys
from pathlib import Path
from random import Random

import cv2
import numpy as np
import pytest

from kiosk.config import Face, FaceChip, FaceReference
from kiosk.face import card_photo, matcher_dlib
from kiosk.face.card_photo import CardPhotoUnreadable, decode
from kiosk.face.check import Check
from kiosk.face.crops import Image
from kiosk.face.given import Given
from kiosk.face.models import Models
from kiosk.face.reference_format import StoredChip, write
from kiosk.face.verdicts import Flaw
from kiosk.face.weights import read_checked
from kiosk.face.zones import Source, thresholds_for

CHIP = bytes(range(256)) * 4


def program(folder: Path, body: str) -> FaceChip:
    path = folder / "decoder"
    path.write_text(f"#!{sys.executable}\nimport hashlib, os, sys\ncoded = sys.stdin.buffer.read()\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return FaceChip(decoder=path, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def test_the_program_sees_the_chips_bytes_and_its_picture_comes_back(tmp_path: Path) -> None:
    chip = program(tmp_path, "sys.stdout.buffer.write(b'BM' + hashlib.sha256(coded).digest())")
    assert decode(CHIP, chip) == b"BM" + hashlib.sha256(CHIP).digest()


def test_it_sees_nothing_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIOSK_TOKEN", "secret")
    chip = program(tmp_path, "sys.stdout.write(' '.join(sorted(os.environ)))")
    assert "KIOSK_TOKEN" not in decode(CHIP, chip).decode()


@pytest.mark.parametrize("body", ["sys.exit(1)", "pass", "sys.stdout.write('x' * 4_000_001)"])
def test_what_gives_no_picture_is_unreadable(tmp_path: Path, body: str) -> None:
    with pytest.raises(CardPhotoUnreadable):
        decode(CHIP, program(tmp_path, body))


def test_a_program_that_hangs_holds_nobody(tmp_path: Path) -> None:
    hanging = program(tmp_path, "import time; time.sleep(60)")
    with pytest.raises(CardPhotoUnreadable):
        decode(CHIP, FaceChip(decoder=hanging.decoder, sha256=hanging.sha256, timeout_s=0.3))


def test_another_program_is_not_run(tmp_path: Path) -> None:
    chip = program(tmp_path, f"open({str(tmp_path / 'ran')!r}, 'w')")
    assert chip.decoder is not None
    with chip.decoder.open("a") as file:
        file.write("# altered\n")
    with pytest.raises(CardPhotoUnreadable):
        decode(CHIP, chip)
    assert not (tmp_path / "ran").exists()


def test_what_is_run_is_what_was_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody exchanges the program between the look at its digest and its start."""
    chip = program(tmp_path, "sys.stdout.write('good')")
    assert chip.decoder is not None

    def checked(path: Path, sha256: str) -> bytes:
        content = read_checked(path, sha256)
        program(tmp_path, "sys.stdout.write('evil')")
        return content

    monkeypatch.setattr(card_photo, "read_checked", checked)
    assert decode(CHIP, chip) == b"good"


WRITES = """
import sys
from pathlib import Path
from kiosk import config, process
from kiosk.face.card_photo import CardPhotoUnreadable, decode
process.write_no_file()
try:
    print(decode(b"chip", config.FaceChip(decoder=Path(sys.argv[1]), sha256=sys.argv[2])))
except CardPhotoUnreadable as error:
    print(error)
try:
    Path(sys.argv[3]).write_bytes(b"picture")
except OSError as error:
    print(error.strerror)
"""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("sys.stdout.write('good')", "b'good'"),
        ("open(os.path.dirname('{left}') + '/of_it', 'w').write('x')", "the decoder gave no picture"),
    ],
)
def test_in_the_worker_it_runs_and_nobody_writes_a_file(tmp_path: Path, body: str, said: str) -> None:
    left = tmp_path / "left"
    chip = program(tmp_path, body.format(left=left))
    done = subprocess.run(
        [sys.executable, "-c", WRITES, str(chip.decoder), chip.sha256, str(left)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [said, "File too large"]
    assert [one.stat().st_size for one in tmp_path.iterdir() if one != chip.decoder] in ([0], [0, 0])


def test_no_program_no_picture() -> None:
    with pytest.raises(CardPhotoUnreadable):
        decode(CHIP, FaceChip())


@pytest.mark.parametrize(("least_bytes", "flaws"), [(1500, (Flaw.FEW_BYTES,)), (1000, ())])
def test_the_picture_is_judged_by_the_bytes_it_had_on_the_chip(
    tmp_path: Path, networks: Models, portrait: Image, least_bytes: int, flaws: tuple[Flaw, ...]
) -> None:
    """However large the decoded picture is: 1,024 bytes are a poor reference unless the operator's calibration says otherwise."""
    coded = tmp_path / "picture.png"
    cv2.imwrite(str(coded), np.ascontiguousarray(portrait[0:330, 80:400]))
    chip = program(tmp_path, f"sys.stdout.buffer.write(open({str(coded)!r}, 'rb').read())")
    face = Face(chip=chip, reference=FaceReference(least_bytes=least_bytes))
    engine = matcher_dlib.load()
    limits = thresholds_for(face, engine.name, engine.digest, engine.direction)
    given = Given(Source.CHIP, write(StoredChip(CHIP)))
    check = Check(networks, engine, limits, face, [given], Random(1))
    (ready,) = check._references
    assert ready.flaws == flaws
    assert (ready.vector is None) == bool(flaws)
    check.forget()


def test_a_chip_that_cannot_be_decoded_is_a_reference_that_cannot_be_read(
    networks: Models,
) -> None:
    engine = matcher_dlib.load()
    limits = thresholds_for(Face(), engine.name, engine.digest, engine.direction)
    given = Given(Source.CHIP, write(StoredChip(CHIP)))
    (ready,) = Check(networks, engine, limits, Face(), [given], Random(1))._references
    assert (ready.vector, ready.flaws) == (None, (Flaw.UNREADABLE,))
