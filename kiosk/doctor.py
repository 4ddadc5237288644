"""``kiosk doctor``: every part of this machine, in a technician's words."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from devices import discover
from devices.clock import SystemClock
from devices.printer_escpos import PrinterSettings, open_printer
from devices.status import DeviceState, PaperSupply
from kiosk import build, events, journal, wire
from kiosk.api import Refused, Unreachable
from kiosk.config import Config
from kiosk.field.api import FieldApi

LEAST_FREE_MB = 200
FIRST_PICTURE_S, PICTURES_S, LEAST_FPS = 10.0, 2.0, 10.0
CORE_PATTERN = Path("/proc/sys/kernel/core_pattern")
SWAPS = Path("/proc/swaps")
CONTROLLERS = Path("/sys/fs/cgroup/cgroup.controllers")
NO_ORDER = "DOCTOR-00000000"


@dataclass(frozen=True)
class Finding:
    """``good`` None: could not be told, which is not good."""

    part: str
    good: bool | None
    words: str


def examine(config: Config, say: Callable[[str], None]) -> bool:
    """Looks at every part.  True when all is good."""
    findings = []
    for finding in findings_of(config):
        mark = {True: "good   ", False: "BAD    ", None: "unknown"}[finding.good]
        say(f"{mark}  {finding.part:<10} {finding.words}")
        findings.append(finding)
    bad = [finding.part for finding in findings if not finding.good]
    say("All good." if not bad else f"Look at: {', '.join(bad)}.")
    return not bad


def findings_of(config: Config) -> Iterator[Finding]:
    yield from storage(config)
    yield fonts(config)
    yield reader(config)
    yield printer(config)
    yield scanner(config)
    yield from face(config)
    yield core_dumps()
    yield swap()
    yield central(config)


def storage(config: Config) -> Iterator[Finding]:
    folder = config.storage.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free_mb = shutil.disk_usage(folder).free // 2**20
    except OSError as error:
        yield Finding(
            "disk", False, f"{folder} cannot be used: {error.strerror}. Check that it exists and is writable."
        )
        return
    yield Finding("disk", free_mb >= LEAST_FREE_MB, f"{free_mb} MB free in {folder}")
    with tempfile.TemporaryDirectory(dir=folder, prefix="doctor-") as scratch:
        p99_ms = journal.commit_p99_ms(Path(scratch), SystemClock())
    slow = p99_ms > journal.SLOWEST_COMMIT_MS
    advice = " Too slow for payments: change the disk." if slow else ""
    yield Finding("commits", not slow, f"99 of 100 journal commits within {p99_ms:.1f} ms.{advice}")
    try:
        book = journal.Journal.open(folder, SystemClock(), build.boot_id())
    except journal.JournalError as error:
        yield Finding(
            "journal",
            False,
            f"{error}. Stop the kiosk first; if it stays, keep the file and call the centre.",
        )
        return
    try:
        yield Finding("journal", True, f"{book.verify()} entries, chain unbroken")
    finally:
        book.close()


def fonts(config: Config) -> Finding:
    if not config.fonts.rare.is_file():
        return Finding(
            "fonts",
            False,
            f"{config.fonts.rare} is missing: install fonts-hanazono, or rare names stay blank.",
        )
    return Finding("fonts", True, "both fonts are there")


def reader(config: Config) -> Finding:
    ours = config.reader
    settings = discover.ReaderSettings(ours.port, ours.profile, ours.baud, ours.answer_timeout_s)
    state = discover.open_reader(settings, SystemClock()).status().device
    words = f"{config.reader.port} ({config.reader.profile}): {state.value}"
    if state is DeviceState.ONLINE:
        return Finding("reader", True, words)
    return Finding(
        "reader",
        None if state is DeviceState.UNKNOWN else False,
        f"{words}. Check cable, power, port and baud.",
    )


def printer(config: Config) -> Finding:
    if not config.printer.port and config.site.profile == "tablet":
        return Finding("printer", True, "none is configured: a visit leaves no slip")
    if not config.printer.port:
        return Finding("printer", None, "none is configured: every receipt will be owed")
    settings = PrinterSettings(**vars(config.printer))
    status = open_printer(settings, (build.FONTS / "NotoSansSC-Regular.otf",), SystemClock()).status()
    words = (
        f"{config.printer.port} ({config.printer.profile}): {status.device.value}, paper {status.paper.value}"
    )
    if status.can_print:
        low = " Bring a new roll soon." if status.paper is PaperSupply.LOW else ""
        return Finding("printer", True, words + low)
    return Finding(
        "printer",
        status.can_print,
        f"{words}, cover {status.cover.value}. Check paper, cover, cable and baud.",
    )


def scanner(config: Config) -> Finding:
    if not config.scanner.port:
        return Finding("scanner", True, "none is configured: payment by the code on the screen only")
    settings = discover.ScannerSettings(**vars(config.scanner))
    state = discover.open_scanner(settings, SystemClock()).status()
    good = state is DeviceState.ONLINE
    return Finding("scanner", good, f"{config.scanner.port}: {state.value}")


def face(config: Config) -> Iterator[Finding]:
    """Camera, engine and worker, when there is a camera."""
    if not config.camera.port:
        yield Finding(
            "camera", True, "none is configured: the yearly check is not done by face, but in every other way"
        )
        return
    yield camera(config)
    from kiosk.face import doctor as engine

    bad = [finding for finding in engine.findings(config.face) if not finding.good]
    if bad:
        yield Finding("face", False, f"{bad[0].words}. Run: kiosk face doctor")
        return
    yield worker(config)


def camera(config: Config) -> Finding:
    """Opens it for a few pictures."""
    try:
        from devices import camera_opencv
    except ImportError as error:
        return Finding("camera", False, f"{error}. Install the program again: make setup")
    port = config.camera.port
    opened = camera_opencv.open_camera(camera_opencv.CameraSettings(**vars(config.camera)), SystemClock())
    with closing(opened):
        first = last = opened.latest(0, FIRST_PICTURE_S)
        if first is None or last is None:
            if opened.status().device is DeviceState.NO_DEVICE:
                return Finding(
                    "camera", False, f"{port} cannot be opened. Check cable and name; user in group video?"
                )
            return Finding(
                "camera", False, f"{port} is open and gives no picture. Pull it out and put it in again."
            )
        while last.at_s - first.at_s < PICTURES_S and (newer := opened.latest(last.number, PICTURES_S)):
            last = newer
        height, width = first.image.shape[:2]
    if last.number == first.number:
        return Finding(
            "camera",
            False,
            f"{port} gave one picture and then none, or the same again. Lens cap off? Try another cable.",
        )
    fps = (last.number - first.number) / (last.at_s - first.at_s)
    words = f"{port}: {width} x {height}, {fps:.0f} pictures a second"
    if fps < LEAST_FPS:
        return Finding("camera", False, f"{words}. Too slow: more light, or another cable.")
    return Finding("camera", True, words)


def worker(config: Config) -> Finding:
    """Starts one, as for a person; the camera stays shut."""
    from kiosk.face.booth import BoothUnusable
    from kiosk.face.room import FaceRoom

    clock = SystemClock()
    with open("/dev/null", "w", encoding="utf-8") as nowhere:
        booth = FaceRoom(config.camera, config.face, clock, events.Log(nowhere, clock))
        began_s = clock.monotonic()
        with closing(booth):
            try:
                booth.sit()
            except BoothUnusable as error:
                return Finding("face", False, f"{error}. Run: kiosk face doctor")
            took_s = clock.monotonic() - began_s
    return Finding("face", True, f"engine {config.face.engine}, its process is up in {took_s:.1f} s")


def core_dumps(pattern: Path = CORE_PATTERN) -> Finding:
    """The face worker never dumps; this is about the kiosk's own process, which shows the person on the screen."""
    try:
        handler = pattern.read_text(encoding="utf-8").strip()
    except OSError as error:
        return Finding("core dumps", None, f"{pattern} cannot be read: {error.strerror}")
    program = handler.removeprefix("|").split(" ")[0]
    if not handler.startswith("|") or program.endswith(("/systemd-coredump", "/false", "/true")):
        return Finding("core dumps", True, "none is kept: the kiosk forbids them, and so does LimitCORE=0")
    return Finding(
        "core dumps",
        False,
        f"the kernel gives them to {program}, whatever kiosk and kiosk.service say. Remove that program, or write"
        " kernel.core_pattern=core into /etc/sysctl.d/60-kiosk.conf and restart.",
    )


def swap(swaps: Path = SWAPS, controllers: Path = CONTROLLERS) -> Finding:
    """Whether what is in memory can come to lie on a disk."""
    try:
        areas = [
            line.split()[0] for line in swaps.read_text(encoding="utf-8").splitlines()[1:] if line.strip()
        ]
    except OSError as error:
        return Finding("swap", None, f"{swaps} cannot be read: {error.strerror}")
    on_disk = [area for area in areas if "/zram" not in area]
    if not on_disk:
        return Finding("swap", True, "none on a disk")
    names = ", ".join(on_disk)
    if controllers.is_file() and "memory" in controllers.read_text(encoding="ascii").split():
        return Finding("swap", True, f"{names}; the kiosk stays out of it: MemorySwapMax=0 in kiosk.service")
    return Finding(
        "swap", False, f"{names}: memory may be written there. swapoff -a, and take it out of /etc/fstab."
    )


def refuses(config: Config, error: Refused) -> Finding:
    words = f"{config.central.url} refuses: {error.code.value}. Check kiosk_id and token."
    return Finding("central", False, words)


def central(config: Config) -> Finding:
    clock = SystemClock()
    with open("/dev/null", "w", encoding="utf-8") as nowhere:
        api = FieldApi(config.central, config.site.kiosk_id, clock, events.Log(nowhere, clock))
        try:
            health = api.health()
        except Unreachable:
            return Finding(
                "central",
                False,
                f"{config.central.url} does not answer. Check the network cable and the address.",
            )
        except Refused as error:
            return refuses(config, error)
        try:
            if config.site.profile == "tablet":
                api.packets()  # health asks for no token; how far central has this tablet's chain does
            else:
                api.order(NO_ORDER)  # an order does, too, and this one is nobody's
        except Unreachable:
            return Finding("central", False, f"{config.central.url} answers health only. Call the centre.")
        except Refused as error:
            if error.code is not wire.ProblemCode.ORDER_UNKNOWN:
                return refuses(config, error)
        finally:
            api.close_connections()
    skew_s, tablet = api.skew_s, config.site.profile == "tablet"
    harm = "visits will wait for a person at central" if tablet else "no money is taken"
    if skew_s is None:
        return Finding("clock", False, f"central does not tell the time (no Date in its answers): {harm}.")
    if abs(skew_s) > config.payment.max_clock_skew_s:
        return Finding("clock", False, f"{skew_s:+.0f} s away from central: {harm}. Set the machine's clock.")
    warn = " Set the machine's clock." if abs(skew_s) > config.payment.warn_clock_skew_s else ""
    return Finding(
        "central",
        not warn,
        f"{config.central.url} answers, version {health.version}, clock {skew_s:+.0f} s.{warn}",
    )
