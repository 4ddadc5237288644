"""The yearly check with nothing left out: the real flow, worker, networks, camera driver and central; only the person is rendered.

After every scenario the machine is searched for what must not be there: the person's name and number, and any face, in every
form that ``tests.kiosk.searching`` knows; and what central logged for name and number.
"""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import asdict, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import cv2
import numpy as np
import pytest
import requests

from central import pictures, references, staff, township
from central.identity import check_character
from central.server import Formatter, Running, running
from central.settings import Settings
from devices.camera_emulator import FlatPhoto, Living, Nobody, Presentation
from devices.camera_manner import Between, Manner
from devices.camera_opencv import CameraSettings, open_camera
from devices.camera_scene import Scene
from devices.camera_sitter import Sitter
from devices.camera_wear import stranger
from devices.clock import SystemClock
from kiosk import views, wire
from kiosk.config import Face
from kiosk.face import matcher_dlib
from kiosk.face.given import Given, ready
from kiosk.face.models import load
from kiosk.face.zones import Source
from kiosk.registrar import CHECK
from kiosk.views import (
    BACK,
    CertifiedButton,
    CertifiedState,
    FaceButton,
    FaceWay,
    MyPageButton,
    Signature,
    WayKey,
)
from stand.camera import CameraFarEnd, portrait
from tests.kiosk.searching import PICTURES_BEGIN, RecordedCamera, as_taken, faults, holds_a_vector, search
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
SIGNED = Signature((((100, 500), (500, 480), (900, 510)),))


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
def camera(person: Sitter) -> Iterator[RecordedCamera]:
    with RecordedCamera(living(person), SCENE, np.random.default_rng(1), SystemClock()) as far_end:
        yield far_end


@pytest.fixture(autouse=True)
def central_log(central: Running) -> Iterator[io.StringIO]:
    """Whatever central's process would write down, formatted as it is there."""
    text, loggers = io.StringIO(), [logging.getLogger(name) for name in (None, "uvicorn")]
    handler = logging.StreamHandler(text)
    handler.setFormatter(Formatter("%(levelname)s %(name)s %(message)s"))
    for logger in loggers:
        logger.addHandler(handler)
    yield text
    for logger in loggers:
        logger.removeHandler(handler)


@pytest.fixture(autouse=True)
def searched(kiosk: Visitor, camera: RecordedCamera, central_log: io.StringIO) -> None:
    """Where the searches of a test look, beside the files."""
    kiosk.looked_at, kiosk.central_log = camera, central_log  # type: ignore[attr-defined]


@pytest.fixture
def kiosk(
    central: Running, tmp_path: Path, camera: CameraFarEnd, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Visitor]:
    """A kiosk with that camera, whose temporary files would lie where they are found."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    made = Visitor(central, tmp_path, iter(()), clock=LiveClock())
    made.stand.camera.pull()  # its own; this file's is one that a test can hurt
    check = replace(made.config.face.check, step_s=5.0, gentle_step_s=5.0, nobody_s=5.0, most_pause_s=1.0)
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


def due(
    central: Running, kiosk: Visitor, person: Sitter, reference: np.ndarray | None = None
) -> dict[str, Any]:
    """Somebody whose name is long enough to be looked for in two bytes a letter too; ``reference``: another face than theirs."""
    settings = central.service.settings
    for card in township.cards(settings.township, settings.seed):
        found = asdict(card)
        if found["number"] in TAKEN or "expired" in card.tags or len(found["name"]) < 3:
            continue
        page = kiosk.page(found)
        if page.certification.state in (wire.CertificationState.DUE, wire.CertificationState.OVERDUE):
            TAKEN.add(found["number"])
            face = person.portrait.picture if reference is None else reference
            found["reference"] = coded = cv2.imencode(".jpg", face, (cv2.IMWRITE_JPEG_QUALITY, 90))[
                1
            ].tobytes()
            with central.service.database.write() as connection:
                references.add_picture(
                    connection,
                    central.service.keys,
                    page.person_id,
                    wire.ReferenceSource.PHOTO,
                    coded,
                    taken_on=date(2021, 5, 1),
                    at_ms=0,
                )
            return found
    raise AssertionError("the township has nobody whose check is due")


def visit(
    kiosk: Visitor,
    camera: CameraFarEnd,
    who: dict[str, Any],
    answers: dict[Any, Any],
    leaves: bool = False,
) -> LiveDesk:
    """Card down, my page, 现在就做, by face; then ``answers``.  ``leaves``: my page is left when it comes again."""

    def home(_view: Any) -> None:
        kiosk.stand.reader.place(card_of(who))

    def my_page(view: views.MyPage) -> Any:
        if view.card_present:
            kiosk.stand.reader.take()
            return None
        if done:
            return MyPageButton.LEAVE
        if leaves:
            done.append(True)
        return MyPageButton.CERTIFICATION

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


def hand_in(kiosk: Visitor) -> None:
    """The outbox's work, twice: its pauses are real here, and nobody waits for them."""
    outbox = kiosk.start_if_off().kiosk.outbox
    for _ in range(2):
        for _ in range(20):
            outbox.receive(0)
        outbox.sweep()


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


def leaves_nothing(kiosk: Visitor, who: dict[str, Any], *more: tuple[str, str], sent: bytes = b"") -> None:
    """No name, no number and no picture in any file of the machine, in its log, or in shared memory; no worker is left."""
    has_no_picture(kiosk, who, *more, sent=sent)
    assert workers() == []


def has_no_picture(kiosk: Visitor, who: dict[str, Any], *more: tuple[str, str], sent: bytes = b"") -> None:
    """Likewise, while a worker may still look.  ``more``: others' words; ``sent``: a picture that left."""
    assert found_of(kiosk, who, *more, sent=sent) == []


def found_of(kiosk: Visitor, who: dict[str, Any], *more: tuple[str, str], sent: bytes = b"") -> list[str]:
    """Where something is that must not be there."""
    camera: RecordedCamera = kiosk.looked_at  # type: ignore[attr-defined]
    frames = as_taken(camera, Nobody(SCENE, np.random.default_rng(0)), SCENE, SystemClock())
    words = [("name", who["name"]), ("number", who["number"]), *more]
    scan = search(words, [who["reference"], sent], camera.sent, frames)
    own, shared = [*everything_in(kiosk.folder.rglob("*"))], everything_in(Path("/dev/shm").iterdir())
    assert any(path.name.startswith("journal") for path, _ in own)  # the search sees what is there
    log = kiosk.log_text.getvalue().encode()
    assert b"qualification" in log or b"face" in log  # and the log is the one that is written
    of_central: io.StringIO = kiosk.central_log  # type: ignore[attr-defined]
    logs = [("the log", log), ("central's log", of_central.getvalue().encode())]
    files = [(path.name, content) for path, content in (*own, *shared)]
    return [
        *(fault for name, content in (*files, *logs) for fault in faults(scan, name, content)),
        # what others keep in shared memory may be numbers of any kind
        *(f"{path.name}: a face's numbers" for path, content in own if holds_a_vector(content)),
    ]


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


def test_a_signed_picture_is_with_central_and_nowhere_else_and_gone_when_it_is_taken_back(
    central: Running, kiosk: Visitor, camera: RecordedCamera, person: Sitter
) -> None:
    """Central's photograph is somebody else's: the machine leaves it to a person, who gets one picture with a signature."""
    who = due(central, kiosk, person, stranger(person.portrait).picture)
    kept: list[bytes] = []

    def certified(view: views.Certified) -> CertifiedButton:
        if kept:
            return CertifiedButton.DONE
        assert view.state is CertifiedState.UNDER_REVIEW
        check_id = list(kiosk.start_if_off().journal.subjects_last(CHECK))[-1].removeprefix(CHECK)
        with central.service.database.read() as connection:
            picture = pictures.stored(connection, central.service.keys, check_id)
        assert picture is not None
        kept.append(picture.jpeg)
        has_no_picture(kiosk, who, sent=picture.jpeg)
        return CertifiedButton.WITHDRAW

    ways = [FaceWay.COMPARE, BACK]
    answers = {views.SignForReview: SIGNED, views.FaceOtherWays: ways, views.Certified: certified}
    desk = visit(kiosk, camera, who, answers | {views.ChooseWay: [WayKey.FACE, BACK]}, leaves=True)
    assert "SignForReview" in desk.trace and len(kept) == 1
    has_no_picture(kiosk, who, sent=kept[0])  # a worker may be ready for another try
    hand_in(kiosk)
    kiosk.power_cut()
    leaves_nothing(kiosk, who, sent=kept[0])
    assert kiosk.page(who).certification.state is not wire.CertificationState.UNDER_REVIEW  # withdrawn


def test_staff_at_the_machine_are_named_nowhere_either(
    central: Running, kiosk: Visitor, camera: RecordedCamera, pensioner: dict[str, Any]
) -> None:
    number = "37108119881201901"
    colleague = {
        **pensioner,
        "number": number + check_character(number),
        "name": "宋核验",
        "birth": "19881201",
        "sex": "1",
    }
    with central.service.database.write() as connection:
        staff.add(connection, colleague["number"], colleague["name"])

    def theirs(view: views.PresentCard) -> None:
        if view.staff:
            kiosk.stand.reader.place(card_of(colleague))

    def because(_view: views.ChooseReason) -> str:
        kiosk.stand.reader.take()
        return "cannot_do_it"

    answers = {views.PresentCard: theirs, views.ChooseReason: because}
    desk = visit(kiosk, camera, pensioner, answers | {views.ChooseWay: [WayKey.STAFF, BACK]}, leaves=True)
    assert [view.state for view in desk.seen if isinstance(view, views.Certified)] != []
    of_staff = (("staff name", colleague["name"]), ("staff number", colleague["number"]))
    has_no_picture(kiosk, pensioner, *of_staff)  # a worker may be ready by now: nobody has sat before it
    kiosk.power_cut()
    leaves_nothing(kiosk, pensioner, *of_staff)


def test_what_is_owed_to_central_while_the_line_is_dead_names_nobody(
    kiosk: Visitor, camera: RecordedCamera, pensioner: dict[str, Any]
) -> None:
    def cut(view: views.FaceLook) -> None:
        kiosk.stand.network.cut = desk_pictures(view) or kiosk.stand.network.cut

    desk = visit(kiosk, camera, pensioner, {views.FaceLook: cut})
    assert [v.state for v in desk.seen if isinstance(v, views.Certified)][-1] is CertifiedState.PENDING
    leaves_nothing(kiosk, pensioner)
    kiosk.power_cut()
    leaves_nothing(kiosk, pensioner)
    kiosk.stand.network.healthy()
    hand_in(kiosk)
    leaves_nothing(kiosk, pensioner)
    assert kiosk.page(pensioner).certification.state is wire.CertificationState.VALID


def test_a_surprise_in_central_is_logged_without_whose_it_was(
    central: Running,
    kiosk: Visitor,
    pensioner: dict[str, Any],
    central_log: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def surprise(lookup: wire.Lookup) -> None:
        raise RuntimeError(f"{lookup.name} {lookup.number} {lookup!r}")

    monkeypatch.setattr(type(central.service.people), "visit", lambda _self, lookup, *_: surprise(lookup))
    headers = {"Authorization": "Bearer demo-token-WD001", "X-Kiosk": "WD001"}
    body = {"number": pensioner["number"], "name": pensioner["name"]}
    assert (
        requests.post(central.url + "/v1/visits", json=body, headers=headers, timeout=20).status_code == 503
    )
    assert "RuntimeError" in central_log.getvalue()  # it was written down
    kiosk.start_if_off()
    kiosk.log_text.write("qualification")
    leaves_nothing(kiosk, pensioner)


@cache
def vector_of(coded: bytes) -> bytes:
    """The 128 numbers that a worker compares a stored picture by."""
    found = ready(Given(Source.PHOTO, b"\x01" + coded), load(), matcher_dlib.load(), Face())
    assert found.vector is not None
    return found.vector.astype("<f4").tobytes()


def as_seen(kiosk: Visitor) -> bytes:
    """One frame as the kiosk's own driver gives it: BGR, before it is any file."""
    with closing(open_camera(CameraSettings(**vars(kiosk.config.camera)), SystemClock())) as camera:
        frame = camera.latest(0, 20.0)
        assert frame is not None, "no picture came"
        return frame.image.tobytes()  # the driver wipes it when it is shut


PLANTED: dict[str, Callable[[Visitor, dict[str, Any]], bytes]] = {
    "name": lambda _kiosk, who: who["name"].encode(),
    "number": lambda _kiosk, who: b"x" + who["number"].encode(),
    "name in UTF-16": lambda _kiosk, who: who["name"].encode("utf-16-le"),
    "number in UTF-16 BE": lambda _kiosk, who: who["number"].encode("utf-16-be"),
    "name in GBK": lambda _kiosk, who: who["name"].encode("gbk"),
    "name in JSON": lambda _kiosk, who: json.dumps({"name": who["name"]}).encode(),
    "number in escapes": lambda _kiosk, who: "".join(
        f"\\u{ord(digit):04x}" for digit in who["number"]
    ).encode(),
    "name in a URL": lambda _kiosk, who: f"?name={quote(who['name'])}".encode(),
    "name in base64": lambda _kiosk, who: base64.b64encode(b"of " + who["name"].encode() + b"!"),
    "number in hex": lambda _kiosk, who: who["number"].encode().hex().encode(),
    "a picture": lambda _kiosk, who: who["reference"],
    "the end of a picture": lambda _kiosk, who: who["reference"][len(who["reference"]) // 2 :],
    "a picture in base64": lambda _kiosk, who: base64.b64encode(who["reference"]),
    "base64, a byte later": lambda _kiosk, who: base64.b64encode(b"x" + who["reference"]),
    "base64, two bytes later": lambda _kiosk, who: base64.b64encode(b"xx" + who["reference"]),
    "another picture in base64": lambda _kiosk, _who: base64.b64encode(b"x" + grey_jpeg()),
    "a frame": lambda kiosk, _who: as_seen(kiosk),
    "a piece of a frame": lambda kiosk, _who: as_seen(kiosk)[640 * 480 : 2 * 640 * 480],
    "the reference's vector": lambda _kiosk, who: vector_of(who["reference"]),
    "between other bytes": lambda _kiosk, who: b"abc" + vector_of(who["reference"]) + b"\xff" * 33,
    "anybody's vector": lambda _kiosk, _who: (
        np.random.default_rng(3).normal(0, 0.1, 128).astype("<f4").tobytes()
    ),
}


def grey_jpeg() -> bytes:
    return cv2.imencode(".jpg", np.full((40, 30, 3), 90, np.uint8))[1].tobytes()


def test_the_search_itself_finds_what_it_looks_for(
    kiosk: Visitor, camera: RecordedCamera, pensioner: dict[str, Any], central_log: io.StringIO
) -> None:
    """A check of the check: each thing that must not be there is put there once."""
    kiosk.start_if_off()
    kiosk.log_text.write("qualification")
    leaves_nothing(kiosk, pensioner)
    spot, missed = kiosk.folder / "tmp" / "left", []
    for what, planted in PLANTED.items():
        spot.write_bytes(planted(kiosk, pensioner))
        if not any(found.startswith("left: ") for found in found_of(kiosk, pensioner)):
            missed.append(what)
    assert missed == []
    spot.unlink()
    leaves_nothing(kiosk, pensioner)
    logging.getLogger("uvicorn.error").warning("nobody knows %s", pensioner["name"])
    assert found_of(kiosk, pensioner) == ["central's log: name as bytes"]
