"""The yearly check with nothing left out: the real flow, worker, networks, camera driver and central; only the person is rendered.

After every scenario the machine is searched for what must not be there: the person's name and number, and any face.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from central import pictures, references, township
from central.server import Running, running
from central.settings import Settings
from devices.camera_emulator import FlatPhoto, Living, Nobody, Presentation
from devices.camera_manner import Between, Manner
from devices.camera_scene import Scene
from devices.camera_sitter import Sitter
from devices.clock import SystemClock
from kiosk import views, wire
from kiosk.face.models import load
from kiosk.views import BACK, CertifiedButton, CertifiedState, FaceButton, MyPageButton, WayKey
from stand.camera import CameraFarEnd, portrait
from tests.live import LiveClock, LiveDesk
from tests.visitor import Visitor, card_of

SCENE = Scene(width=640, height=480, fps=12.0, fps_jitter=0.0, face_px=190.0)
WILLING = Manner(
    delay_s=Between(0.4, 0.7),
    turn_s=Between(0.5, 0.7),
    hold_s=Between(0.6, 0.9),
    nod_s=Between(0.4, 0.6),
    closed_s=Between(0.2, 0.4),
)
PICTURES_BEGIN = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"\x00\x00\x00\x0cjP  ", b"RIFF")


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Lives in real time, as the worker does."""
    settings = Settings(
        tmp_path_factory.mktemp("central"), sandbox=True, township=300, seed=11, sweep_interval_s=0
    )
    with running(settings) as service:
        yield service


@pytest.fixture(scope="module")
def person() -> Sitter:
    return Sitter(portrait(load()))


def living(person: Sitter, seed: int = 5) -> Living:
    return Living(person, SCENE, np.random.default_rng(seed), WILLING)


@pytest.fixture
def camera(person: Sitter) -> Iterator[CameraFarEnd]:
    with CameraFarEnd(living(person), SCENE, np.random.default_rng(1), SystemClock()) as far_end:
        yield far_end


@pytest.fixture
def kiosk(
    central: Running, tmp_path: Path, camera: CameraFarEnd, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Visitor]:
    """A kiosk with that camera, whose temporary files would lie where they are found."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    made = Visitor(central, tmp_path, iter(()), clock=LiveClock())
    made.stand.camera.pull()  # its own; this file's is one that a test can hurt
    check = replace(made.config.face.check, step_s=5.0, gentle_step_s=5.0, nobody_s=5.0)
    made.config = replace(
        made.config,
        camera=replace(made.config.camera, port=camera.port, width=640, height=480),
        face=replace(made.config.face, check=check),
    )
    yield made
    made.stop()


@pytest.fixture
def pensioner(central: Running, person: Sitter, kiosk: Visitor) -> dict[str, Any]:
    """Somebody whose check is due, and whose photograph central holds: the portrait."""
    return due(central, kiosk, person)


TAKEN: set[str] = set()


def due(central: Running, kiosk: Visitor, person: Sitter) -> dict[str, Any]:
    settings = central.service.settings
    for card in township.cards(settings.township, settings.seed):
        found = asdict(card)
        if found["number"] in TAKEN or "expired" in card.tags:
            continue
        page = kiosk.page(found)
        if page.certification.state in (wire.CertificationState.DUE, wire.CertificationState.OVERDUE):
            TAKEN.add(found["number"])
            coded = cv2.imencode(".jpg", person.portrait.picture, (cv2.IMWRITE_JPEG_QUALITY, 90))[1]
            with central.service.database.write() as connection:
                references.add_picture(
                    connection,
                    central.service.keys,
                    page.person_id,
                    wire.ReferenceSource.PHOTO,
                    bytes(coded),
                    taken_on=date(2021, 5, 1),
                    at_ms=0,
                )
            return found
    raise AssertionError("the township has nobody whose check is due")


def visit(kiosk: Visitor, camera: CameraFarEnd, who: dict[str, Any], answers: dict[Any, Any]) -> LiveDesk:
    """Card down, my page, 现在就做, by face; then ``answers``."""

    def home(_view: Any) -> None:
        kiosk.stand.reader.place(card_of(who))

    def my_page(view: views.MyPage) -> Any:
        if view.card_present:
            kiosk.stand.reader.take()
            return None
        return MyPageButton.CERTIFICATION if not done else MyPageButton.LEAVE

    done: list[bool] = []

    def certified(_view: Any) -> CertifiedButton:
        done.append(True)
        return CertifiedButton.DONE

    def stop(_view: Any) -> Any:
        done.append(True)
        return BACK

    desk = LiveDesk(
        camera,
        {
            views.Home: home,
            views.MyPage: my_page,
            views.ChooseWay: lambda _view: stop(None) if done else WayKey.FACE,
            views.Certified: certified,
            views.FaceOtherWays: stop,
            views.Attention: views.AttentionButton.FIRST,
            **answers,
        },
    )
    kiosk.visit_of(desk)
    return desk


def told(kiosk: Visitor) -> str:
    """What the checks of this kiosk said, for whoever reads why a test failed."""
    journal = kiosk.start_if_off().journal
    return json.dumps([dict(e.data) for e in journal.entries() if e.subject.startswith("check:")])


# --- what must not be there ------------------------------------------------------------------------------------------


def everything_in(paths: Iterable[Path]) -> Iterator[tuple[Path, bytes]]:
    for path in paths:
        with suppress(FileNotFoundError):  # of another process, and gone by now
            if path.is_file():
                yield path, path.read_bytes()


def leaves_nothing(kiosk: Visitor, who: dict[str, Any]) -> None:
    """No name, no number and no picture in any file of the machine, in its log, or in shared memory; no worker is left."""
    has_no_picture(kiosk, who)
    assert workers() == []


def has_no_picture(kiosk: Visitor, who: dict[str, Any]) -> None:
    """Likewise, while a worker may still look."""
    secrets = [who["number"].encode(), who["name"].encode(), who["name"].encode("utf-16-le")]
    files = [*everything_in(kiosk.folder.rglob("*")), *everything_in(Path("/dev/shm").iterdir())]
    assert any(path.name.startswith("journal") for path, _ in files)  # the search sees what is there
    for path, content in files:
        for secret in secrets:
            assert secret not in content, f"{path.name} names the person"
        for magic in PICTURES_BEGIN:
            assert magic not in content, f"{path.name} holds a picture"
    log = kiosk.log_text.getvalue().encode()
    assert not [secret for secret in secrets if secret in log]
    assert b"qualification" in log or b"face" in log  # and the log is the one that is written


def workers() -> list[int]:
    """Processes of ours that look at faces."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                words = (entry / "cmdline").read_bytes()
                parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
            except OSError:
                continue
            if b"kiosk.face.worker" in words and parent == str(os.getpid()):
                found.append(int(entry.name))
    return found


def core_limits() -> list[list[str]]:
    """Of each worker: how large a core file it may leave, soft and hard."""
    found = []
    for number in workers():
        lines = Path(f"/proc/{number}/limits").read_text().splitlines()
        found += [line.split()[4:6] for line in lines if line.startswith("Max core file size")]
    return found


# --- scenarios -------------------------------------------------------------------------------------------------------


def test_a_willing_pensioner_is_certified_and_nothing_of_the_face_stays(
    central: Running, kiosk: Visitor, camera: CameraFarEnd, pensioner: dict[str, Any]
) -> None:
    limits: list[list[str]] = []

    def looks(_view: views.FaceLook) -> None:
        limits.extend(core_limits() if not limits else [])

    desk = visit(kiosk, camera, pensioner, {views.FaceLook: looks})
    assert limits == [["0", "0"]]  # soft and hard: whatever dies in the worker leaves no core
    assert "Certified" in desk.trace, (desk.trace, told(kiosk))
    shown = [view for view in desk.seen if isinstance(view, views.Certified)][-1]
    assert shown.state is CertifiedState.ACCEPTED, told(kiosk)
    assert shown.next_date
    assert desk.pictures > 20  # people saw themselves
    page = kiosk.page(pensioner)
    assert page.certification.state is wire.CertificationState.VALID
    assert page.certification.source == "本人刷脸"
    leaves_nothing(kiosk, pensioner)


def test_a_photograph_is_never_certified_and_nothing_is_said_of_it(
    kiosk: Visitor, camera: CameraFarEnd, person: Sitter, pensioner: dict[str, Any]
) -> None:
    camera.show(FlatPhoto(person, SCENE, np.random.default_rng(2)))
    desk = visit(kiosk, camera, pensioner, {})
    assert "FaceOtherWays" in desk.trace
    assert "Certified" not in desk.trace
    assert kiosk.page(pensioner).certification.state is not wire.CertificationState.VALID
    leaves_nothing(kiosk, pensioner)


@pytest.mark.parametrize("trouble", ["unplugged", "worker killed"])
def test_the_machines_own_trouble_costs_nobody_a_try(
    trouble: str, kiosk: Visitor, camera: CameraFarEnd, pensioner: dict[str, Any]
) -> None:
    hurt: list[int] = []

    def hurts(view: views.FaceLook) -> None:
        if desk_pictures(view) and not hurt:
            hurt.extend(workers())
            if trouble == "unplugged":
                camera.unplug()
            else:
                os.kill(hurt[0], signal.SIGKILL)

    desk = visit(kiosk, camera, pensioner, {views.FaceLook: hurts})
    assert len(hurt) == 1
    shown = [view for view in desk.seen if isinstance(view, views.FaceOtherWays)][-1]
    assert views.FaceWay.AGAIN in shown.options
    leaves_nothing(kiosk, pensioner)
    camera.replug()
    desk = visit(kiosk, camera, pensioner, {})
    assert [v.state for v in desk.seen if isinstance(v, views.Certified)][-1] is CertifiedState.ACCEPTED


def desk_pictures(view: views.FaceLook) -> bool:
    return view.preview.read(3) is not None


def test_who_stops_in_the_middle_leaves_nothing_and_may_come_back(
    kiosk: Visitor, camera: CameraFarEnd, pensioner: dict[str, Any]
) -> None:
    desk = visit(
        kiosk,
        camera,
        pensioner,
        {views.FaceLook: lambda view: FaceButton.OTHER_WAY if desk_pictures(view) else None},
    )
    assert "FaceOtherWays" in desk.trace
    leaves_nothing(kiosk, pensioner)


def test_nobody_before_the_camera_is_nobodys_fault(
    kiosk: Visitor, camera: CameraFarEnd, pensioner: dict[str, Any]
) -> None:
    empty: Presentation = Nobody(SCENE, np.random.default_rng(3))
    camera.show(empty)
    desk = visit(kiosk, camera, pensioner, {})
    assert "FaceOtherWays" in desk.trace
    leaves_nothing(kiosk, pensioner)


def test_a_power_cut_in_the_middle_leaves_nothing(
    kiosk: Visitor, camera: CameraFarEnd, pensioner: dict[str, Any]
) -> None:

    class Cut(Exception):
        pass

    def cut(view: views.FaceLook) -> None:
        if desk_pictures(view):
            raise Cut

    with pytest.raises(Cut):
        visit(kiosk, camera, pensioner, {views.FaceLook: cut})
    kiosk.power_cut()
    leaves_nothing(kiosk, pensioner)


def test_a_photograph_is_with_central_or_nowhere(
    kiosk: Visitor, camera: CameraFarEnd, pensioner: dict[str, Any], central: Running
) -> None:
    """The manual way of a visit: what stands still is searched for while it does, when it is sealed, and when it is over."""
    sitting = kiosk.start_if_off().kiosk.booth.sit()
    kiosk.log_text.write("face")
    sitting.photograph()
    deadline_s = time.monotonic() + 30
    while not sitting.shoot() and time.monotonic() < deadline_s:
        time.sleep(0.05)
    has_no_picture(kiosk, pensioner)
    keys = central.service.keys
    sealed = sitting.seal_photo(keys.review.public, wire.picture_info("WD101-00000001-AAAAAAAAAA"))
    assert sealed is not None
    assert pictures.opened_photo(keys, "WD101-00000001-AAAAAAAAAA", sealed).startswith(PICTURES_BEGIN[0])
    has_no_picture(kiosk, pensioner)
    assert core_limits() == [["0", "0"]]
    sitting.close()
    leaves_nothing(kiosk, pensioner)


def test_the_search_itself_finds_what_it_looks_for(
    kiosk: Visitor, camera: CameraFarEnd, pensioner: dict[str, Any], person: Sitter
) -> None:
    """A check of the check: each thing that must not be there is put there once."""
    kiosk.start_if_off()
    kiosk.log_text.write("qualification")
    leaves_nothing(kiosk, pensioner)
    spot = kiosk.folder / "tmp" / "left"
    for content in (
        pensioner["name"].encode(),
        b"x" + pensioner["number"].encode(),
        bytes(cv2.imencode(".jpg", person.portrait.picture)[1]),
    ):
        spot.write_bytes(content)
        with pytest.raises(AssertionError):
            leaves_nothing(kiosk, pensioner)
    spot.unlink()
    leaves_nothing(kiosk, pensioner)
