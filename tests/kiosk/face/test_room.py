"""The booth with its real worker: a real process, real networks, a real stream from an emulated camera."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import pytest

from kiosk import config, events
from kiosk.face import child, room, talk
from kiosk.face.booth import BoothState, BoothUnusable, Brief, Picture, SealedReference
from kiosk.face.guidance import End, Guidance, Outcome
from kiosk.face.reference_format import StoredChip, write
from kiosk.face.room import FaceSitting
from kiosk.face.zones import Source, Zone
from kiosk.seal import NotSealedForUs, ReceiverKey, seal
from tests.kiosk.face.before_camera import (
    INFO,
    Hall,
    Plates,
    gone,
    is_zero,
    memory_of,
    until,
)

# --- one worker for one person ---------------------------------------------------------------------------------------


def test_a_worker_is_prepared_and_used_once(hall: Hall) -> None:
    assert hall.booth.status() is BoothState.UNKNOWN
    hall.booth.prepare()
    hall.booth.prepare()
    assert until(lambda: hall.booth.status() is BoothState.READY)
    first = hall.booth.sit()
    second = hall.booth.sit()
    assert len(first.key) == len(second.key) == 32
    assert first.key != second.key and first._child.pid != second._child.pid
    assert gone(first._child.pid) and not gone(second._child.pid)
    assert first.news() == Outcome(End.BROKEN)  # somebody forgot to close it
    second.close()
    second.close()
    assert gone(second._child.pid)


def test_the_camera_stays_shut_until_the_consent(hall: Hall, plates: Plates) -> None:
    hall.booth.prepare()
    sitting = hall.booth.sit()
    time.sleep(0.3)
    assert plates.shown == 0 and sitting.news() == Guidance()
    sitting.begin(Brief("WD001-00000001-AAAAAAAAAA", INFO, ()))
    assert until(lambda: plates.shown)


def test_closing_the_booth_ends_the_one_who_waits_and_the_one_who_works(hall: Hall) -> None:
    sitting = hall.begun()
    hall.booth.prepare()
    waiting = hall.booth._waiting
    assert waiting is not None
    hall.booth.close()
    hall.booth.close()
    assert gone(waiting.pid) and gone(sitting._child.pid)


def test_a_waiting_worker_that_was_killed_costs_nobody_a_try(hall: Hall) -> None:
    hall.booth.prepare()
    assert until(lambda: hall.booth.status() is BoothState.READY)
    waiting = hall.booth._waiting
    assert waiting is not None
    os.kill(waiting.pid, signal.SIGKILL)
    assert until(lambda: gone(waiting.pid))
    assert hall.booth.sit()._child.pid != waiting.pid
    assert hall.logged(events.FaceUnusable) == []


# --- a whole check ---------------------------------------------------------------------------------------------------


def test_a_willing_person_is_recognised(living: Hall, reference: bytes) -> None:
    sitting = living.begun(reference)
    memory = memory_of(sitting)
    outcome = living.played(sitting)
    assert outcome.end is End.ACCEPTED, outcome
    assert [asked.done_ms is not None for asked in outcome.asked] == [True, True]
    assert [(one.source, one.zone) for one in outcome.comparisons] == [(Source.PHOTO, Zone.ACCEPT)]
    assert sitting.news() is outcome and not outcome.has_picture
    assert sitting.seal_picture(ReceiverKey().public, b"x") is None
    assert is_zero(memory) and sitting.preview.read(0) is None
    (line,) = living.logged(events.FaceChecked)
    assert (line["end"], line["steps"], line["frames"]) == ("accepted", 2, outcome.frames)
    assert living.booth.status() is BoothState.READY
    shots = living.camera._server
    assert shots is not None and until(lambda: not shots.streams)  # the camera is shut
    sitting.close()
    assert gone(sitting._child.pid)
    os.close(memory)


def test_without_a_reference_a_person_compares_and_nobody_else_can(living: Hall) -> None:
    sitting = living.begun(b"\x01 no picture at all")
    outcome = living.played(sitting)
    assert (outcome.end, outcome.has_picture) == (End.REVIEW, True), outcome
    central, stranger = ReceiverKey(), ReceiverKey()
    strokes = tuple(tuple((n % 1001, stroke) for n in range(400)) for stroke in range(20))
    sealed = sitting.seal_picture(central.public, b"picture 1", strokes)
    assert sealed is not None and len(sealed) <= 44_000
    for key, info in ((stranger, b"picture 1"), (central, b"picture 2")):
        with pytest.raises(NotSealedForUs):
            key.unseal(sealed, info)
    opened = json.loads(central.unseal(sealed, b"picture 1"))
    assert set(opened) == {"picture", "strokes"} and len(opened["strokes"]) == 20
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(opened["picture"]), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None and 200 <= picture.shape[0] <= 480
    sitting.close()
    assert sitting.seal_picture(central.public, b"picture 1") is None
    assert sitting.news() is outcome


def test_the_preview_is_never_torn(hall: Hall) -> None:
    sitting = hall.begun()
    pictures: list[Picture] = []
    while len(pictures) < 15 and isinstance(sitting.news(), Guidance):
        if (picture := sitting.preview.read(pictures[-1].number if pictures else 0)) is not None:
            pictures.append(picture)
    assert len(pictures) == 15
    assert all(len(picture.pixels) == picture.width * picture.height * 3 for picture in pictures)
    rows = [np.frombuffer(one.pixels, np.uint8).reshape(one.height, -1) for one in pictures]
    assert [bool((each == each[0]).all()) for each in rows] == [True] * 15
    assert len({each.tobytes() for each in rows}) == 15  # and they did change
    sitting.close()
    assert sitting.preview.read(0) is None


# --- what goes wrong -------------------------------------------------------------------------------------------------


def test_a_killed_worker_costs_one_try(hall: Hall) -> None:
    sitting = hall.begun()
    memory = memory_of(sitting)
    assert until(lambda: sitting.preview.read(0)) and not is_zero(memory)
    os.kill(sitting._child.pid, signal.SIGKILL)
    assert until(lambda: isinstance(sitting.news(), Outcome))
    news = sitting.news()
    assert isinstance(news, Outcome) and news.end is End.BROKEN
    assert is_zero(memory) and sitting.preview.read(0) is None
    assert [line["end"] for line in hall.logged(events.FaceChecked)] == ["broken"]
    assert hall.booth.status() is BoothState.READY
    again = hall.begun()
    assert until(lambda: again.preview.read(0))
    os.close(memory)


def broken(hall: Hall) -> None:
    sitting = hall.begun()
    os.kill(sitting._child.pid, signal.SIGKILL)
    assert until(lambda: isinstance(sitting.news(), Outcome))


def test_workers_that_break_one_after_the_other_are_not_offered_to_the_next_person(hall: Hall) -> None:
    broken(hall)
    assert hall.booth.status() is BoothState.READY
    hall.settings = replace(hall.settings, port="http://127.0.0.1:9/")
    broken(hall)
    assert hall.booth.status() is BoothState.UNUSABLE
    assert [line["fault"] for line in hall.logged(events.FaceUnusable)] == ["broken"]
    hall.booth.prepare()
    waiting = hall.booth._waiting
    assert waiting is not None and until(lambda: hall.booth.status() and hall.booth._key)
    assert hall.booth.status() is BoothState.UNUSABLE  # that it starts was never the trouble
    hall.clock.added_s += room.REFUSED_S + 1
    assert hall.booth.status() is BoothState.UNKNOWN


def test_a_sitting_that_ends_well_makes_up_for_one_that_broke(living: Hall) -> None:
    broken(living)
    assert living.played(living.begun()).end is End.REVIEW
    broken(living)
    assert living.booth.status() is BoothState.READY


def test_a_worker_that_hangs_is_ended(hall: Hall) -> None:
    sitting = hall.begun()
    memory = memory_of(sitting)
    assert until(lambda: sitting.preview.read(0))
    os.kill(sitting._child.pid, signal.SIGSTOP)
    assert isinstance(sitting.news(), Guidance)
    hall.clock.added_s += room.SILENT_S + hall.settings.silent_s + 1
    news = sitting.news()
    assert isinstance(news, Outcome) and news.end is End.BROKEN
    assert gone(sitting._child.pid) and is_zero(memory)
    os.close(memory)


def test_the_memory_is_empty_after_a_citizen_who_goes_home(hall: Hall) -> None:
    sitting = hall.begun()
    memory = memory_of(sitting)
    assert until(lambda: sitting.preview.read(0))
    sitting.close()
    assert is_zero(memory) and sitting.preview.read(0) is None
    assert hall.logged(events.FaceChecked) == []
    os.close(memory)


def test_a_hanging_worker_is_killed_when_the_citizen_goes_home(hall: Hall) -> None:
    sitting = hall.begun()
    os.kill(sitting._child.pid, signal.SIGSTOP)
    sitting.close()
    assert gone(sitting._child.pid)


def test_a_camera_that_is_not_there(hall: Hall) -> None:
    hall.settings = replace(hall.settings, port="http://127.0.0.1:9/")
    hall.booth = hall.new_booth()
    outcome = hall.played(hall.begun())
    assert (outcome.end, outcome.frames) == (End.CAMERA_LOST, 0)
    assert hall.booth.status() is BoothState.NO_CAMERA
    assert [line["fault"] for line in hall.logged(events.FaceUnusable)] == ["no_camera"]
    hall.clock.added_s += room.REFUSED_S + 1
    assert hall.booth.status() is BoothState.UNKNOWN


def test_a_camera_that_is_lost_in_the_middle(hall: Hall) -> None:
    sitting = hall.begun()
    assert until(lambda: sitting.preview.read(0))
    hall.camera.unplug()
    outcome = hall.played(sitting)
    assert outcome.end is End.CAMERA_LOST and outcome.frames > 0
    assert hall.booth.status() is BoothState.READY


def test_a_camera_that_has_frozen_is_lost_though_it_goes_on_sending(hall: Hall, plates: Plates) -> None:
    sitting = hall.begun()
    assert until(lambda: sitting.preview.read(0))
    plates.frozen = plates.image(0.0)
    sent = plates.shown
    outcome = hall.played(sitting)
    assert outcome.end is End.CAMERA_LOST and not outcome.doubts
    assert plates.shown > sent + 5  # it did send


@pytest.mark.parametrize(
    ("face", "fault", "file"),
    [
        (config.FaceOnnx(file=Path("altered.onnx"), sha256="0" * 64, licence="none"), "model_altered", "altered.onnx"),
        (config.FaceOnnx(file=Path("missing.onnx"), sha256="0" * 64, licence="none"), "model_missing", "missing.onnx"),
        (config.FaceOnnx(), "engine", ""),
        (None, "limits", ""),
    ],
)  # fmt: skip
def test_a_booth_that_cannot_check_says_why_once(
    hall: Hall, tmp_path: Path, face: config.FaceOnnx | None, fault: str, file: str
) -> None:
    (tmp_path / "altered.onnx").write_bytes(b"not the file that was pinned")
    if face is None:
        hall.face = config.Face(thresholds=tmp_path / "unsigned.toml", thresholds_key="0" * 64)
    else:
        onnx = replace(face, file=tmp_path / face.file if face.file else None)
        hall.face = config.Face(engine="onnx", onnx=onnx)
    hall.booth = hall.new_booth()
    with pytest.raises(BoothUnusable) as refused:
        hall.booth.sit()
    assert file in str(refused.value) and str(refused.value)
    assert hall.booth.status() is BoothState.UNUSABLE
    assert [(line["fault"], line["file"]) for line in hall.logged(events.FaceUnusable)] == [(fault, file)]
    hall.clock.added_s += room.REFUSED_S + 1
    assert hall.booth.status() is BoothState.UNKNOWN  # a technician may have been here


class Talker:
    """A worker that never stops."""

    said = 0

    def take(self, wait_s: float) -> talk.Message:
        self.said += 1
        return talk.Said(Guidance(step=self.said))

    def post(self, message: talk.Message) -> None:
        """Hears nothing."""


def test_a_worker_that_never_stops_talking_does_not_hold_the_screen(hall: Hall) -> None:
    log, talker = events.Log(hall.log_text, hall.clock), Talker()
    sitting = FaceSitting(cast(Any, talker), bytes(32), hall.clock, log, cast(Any, pytest.fail), 1.0)
    sitting.begin(Brief("WD001-00000001-AAAAAAAAAA", INFO, ()))
    assert sitting.news() == Guidance(step=talker.said)


SPEAKS = "import socket, sys, time; pipe = socket.socket(fileno=int(sys.argv[1])); {}; time.sleep(60)"


@pytest.mark.parametrize(
    "act",
    ["sys.exit(0)", "pipe.sendall(bytes(100))", r"pipe.sendall(b'\x7f' * 100)", "pipe.close()", "pass"],
    ids=["ends", "empty", "nonsense", "hangs up", "silent"],
)
def test_what_is_no_worker_is_never_sat_before(hall: Hall, monkeypatch: pytest.MonkeyPatch, act: str) -> None:
    monkeypatch.setattr(child, "PROGRAM", (sys.executable, "-c", SPEAKS.format(act)))
    monkeypatch.setattr(room, "UP_S", 0.5)
    hall.booth.prepare()
    waiting = hall.booth._waiting
    assert waiting is not None
    with pytest.raises(BoothUnusable):
        hall.booth.sit()
    assert hall.booth.status() is BoothState.UNUSABLE and gone(waiting.pid)
    assert [line["fault"] for line in hall.logged(events.FaceUnusable)] == ["not_started"]


def test_no_process_can_be_started(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "PROGRAM", ("/nowhere/python",))
    hall.booth.prepare()
    assert hall.booth.status() is BoothState.UNUSABLE
    with pytest.raises(BoothUnusable):
        hall.booth.sit()


# --- nobody looks in, nothing stays ----------------------------------------------------------------------------------


def test_no_core_dump_and_no_file(hall: Hall) -> None:
    sitting = hall.begun()
    assert until(lambda: sitting.preview.read(0))
    pid = sitting._child.pid
    limits = Path(f"/proc/{pid}/limits").read_text(encoding="ascii").splitlines()
    (core,) = [line.split()[4:6] for line in limits if line.startswith("Max core file size")]
    assert core == ["0", "0"]
    (most,) = [line.split()[3] for line in limits if line.startswith("Max file size")]
    assert most == "0"  # not a byte into any file, wherever it is
    assert Path(f"/proc/{pid}/oom_score_adj").read_text() == "500\n"  # it goes before the kiosk does
    assert os.stat(f"/proc/{pid}/mem").st_uid == 0  # not dumpable: nobody but root may look
    if os.geteuid() != 0:
        with pytest.raises(PermissionError):
            os.listdir(f"/proc/{pid}/fd")
        return
    opened = [os.readlink(f"/proc/{pid}/fd/{n}") for n in os.listdir(f"/proc/{pid}/fd")]
    kinds = {name.split(":")[0] if not name.startswith("/memfd") else "mirror" for name in opened}
    assert kinds <= {"/dev/null", "mirror", "socket", "anon_inode", "pipe"}, opened
    maps = [line.split() for line in Path(f"/proc/{pid}/maps").read_text().splitlines()]
    written = [line[5] for line in maps if line[1].startswith("rw") and line[1].endswith("s")]
    assert set(written) == {"/memfd:mirror"}, written


def test_the_worker_knows_nothing_of_the_kiosks_environment(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may look into a worker")
    monkeypatch.setenv("A_SECRET_OF_THE_KIOSK", "x")
    sitting = hall.booth.sit()
    known = Path(f"/proc/{sitting._child.pid}/environ").read_bytes()
    assert known and b"SECRET" not in known


def test_the_kiosk_itself_loads_nothing_that_looks_at_faces() -> None:
    names = "('cv2', 'numpy', 'dlib')"
    code = (
        f"import sys, kiosk.build, kiosk.face.room; print([name for name in {names} if name in sys.modules])"
    )
    known = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert known.stdout == "[]\n"


DIES = """
import os, signal, sys, time
from devices.clock import SystemClock
from kiosk import config, events
from kiosk.face.room import FaceRoom
booth = FaceRoom(config.Camera(port="/dev/none"), config.Face(), SystemClock(), events.Log(sys.stderr, SystemClock()))
sitting = booth.sit()
os.kill(sitting._child.pid, signal.SIGSTOP)  # so that it cannot end by itself
print(sitting._child.pid, flush=True)
time.sleep(60)
"""


def asleep(mark: str) -> list[int]:
    """Processes with this word among theirs."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdecimal() and mark.encode() in (entry / "cmdline").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return [pid for pid in found if not gone(pid)]


@pytest.mark.parametrize(
    ("body", "mark", "end"),
    [("sleep 61.317", "61.317", "close"), ("exec sleep 61.319", "61.319", "kill")],
)
def test_a_program_that_decodes_ends_with_its_worker(
    hall: Hall, tmp_path: Path, body: str, mark: str, end: str
) -> None:
    """It hangs, or has started another that does; the citizen goes home, or whatever happens to the worker happens."""
    decoder = tmp_path / "decoder"
    decoder.write_text(f"#!/bin/sh\n{body}\n")
    decoder.chmod(0o755)
    sha256 = hashlib.sha256(decoder.read_bytes()).hexdigest()
    hall.face = replace(hall.face, chip=config.FaceChip(decoder=decoder, sha256=sha256, timeout_s=10))
    hall.booth = hall.new_booth()
    sitting = hall.booth.sit()
    chip = seal(write(StoredChip(b"x" * 500)), sitting.key, INFO)
    sitting.begin(Brief("WD001-00000001-AAAAAAAAAA", INFO, (SealedReference(Source.CHIP, chip),)))
    assert until(lambda: asleep(mark))
    if end == "close":
        sitting.close()
    else:
        os.kill(sitting._child.pid, signal.SIGKILL)
    assert until(lambda: not asleep(mark))


def test_the_worker_dies_with_the_kiosk(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", DIES], stdout=subprocess.PIPE, text=True) as kiosk:
        assert kiosk.stdout is not None
        pid = int(kiosk.stdout.readline())
        assert not gone(pid)
        kiosk.kill()
    assert until(lambda: gone(pid))
