"""The commands, and the only place where kiosk, screens and stand meet.

argparse and late imports, because every module that ``run`` does not need keeps the first screen waiting.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk import config as configuration

if TYPE_CHECKING:
    from collections.abc import Callable

    from devices.clock import Clock
    from kiosk.config import Config
    from kiosk.desk import Desk
    from kiosk.events import Log
    from kiosk.session import Machine
    from kiosk.views import View
    from screens.app import KioskApp, OnMounted

DEFAULT_CONFIG = Path("/etc/shebao-kiosk/kiosk.toml")
FACE_HELP = "The face engine: measure it, or ask how strong it is."


def commands() -> argparse.ArgumentParser:
    """What can be typed.  Each command's function gets the parsed words and returns the exit status."""
    parser = argparse.ArgumentParser(prog="kiosk", description="Self-service terminal for social insurance.")
    actions = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, act: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        words = act.__doc__ or ""
        one = actions.add_parser(name, help=words, description=words)
        one.set_defaults(act=act)
        return one

    def with_config(one: argparse.ArgumentParser) -> argparse.ArgumentParser:
        one.add_argument("--config", "-c", type=Path, default=DEFAULT_CONFIG, help="the kiosk's TOML file")
        return one

    with_config(command("run", run)).add_argument("--headless", action="store_true", help=argparse.SUPPRESS)
    show = command("demo", demo)
    show.add_argument(
        "--out",
        type=Path,
        default=Path("demo"),
        help="where screens, receipts and index.html go (without a display)",
    )
    show.add_argument(
        "--headless", action="store_true", help="play the five visits even when there is a display"
    )
    with_config(command("doctor", doctor))
    looks = command("config", config_check).add_subparsers(required=True, metavar="command")
    check = looks.add_parser("check", help=config_check.__doc__, description=config_check.__doc__)
    check.add_argument("config", type=Path, nargs="?", default=DEFAULT_CONFIG, help="the TOML file to check")
    books = command("journal", journal_verify).add_subparsers(required=True, metavar="command")
    whole = books.add_parser("verify", help=journal_verify.__doc__, description=journal_verify.__doc__)
    whole.add_argument("--folder", type=Path, help="where the journal is, or a copy of it")
    with_config(whole)
    add_face(actions.add_parser("face", help=FACE_HELP, description=FACE_HELP))
    return parser


def add_face(parser: argparse.ArgumentParser) -> None:
    """The commands below ``kiosk face``; without a configuration file they take the defaults."""
    actions = parser.add_subparsers(required=True, metavar="command")
    for name, act in (("calibrate", face_calibrate), ("doctor", face_doctor)):
        one = actions.add_parser(name, help=act.__doc__, description=act.__doc__)
        one.set_defaults(act=act)
        one.add_argument("--config", "-c", type=Path, default=None, help="the kiosk's TOML file")
        if name == "calibrate":
            one.add_argument("folder", type=Path, help="one folder for each person, their pictures in it")
            one.add_argument("--out", type=Path, default=Path("calibration"), help="where the results go")


def run(given: argparse.Namespace) -> int:
    """Run the kiosk on this machine's screen and devices."""
    return run_kiosk(read_config(given.config), given.headless)


def demo(given: argparse.Namespace) -> int:
    """Show the whole main job with an embedded central, emulated devices and a bench panel."""
    from stand import demo as stage  # only a demo needs the stand

    return stage.main(given.out, given.headless, run_window)


def doctor(given: argparse.Namespace) -> int:
    """Check this machine part by part and say in plain words what is wrong and what to do."""
    from kiosk import doctor as examination

    return 0 if examination.examine(read_config(given.config), say) else 1


def config_check(given: argparse.Namespace) -> int:
    """Check a configuration file without starting anything."""
    found = read_config(given.config)
    say(
        f"{given.config}: good. Kiosk {found.site.kiosk_id} at {found.site.place}, central {found.central.url}"
    )
    return 0


def face_calibrate(given: argparse.Namespace) -> int:
    """Measure the configured face engine on pictures of consenting people and write limits to be signed."""
    from devices.clock import SystemClock
    from kiosk import dates
    from kiosk.face import command  # numpy, OpenCV and an engine: nothing of it when the kiosk starts

    today = dates.now(SystemClock())
    return command.calibrate(read_face(given.config), given.folder, given.out, today, say)


def face_doctor(given: argparse.Namespace) -> int:
    """Say whether the face check can run here, how strong its engine is and how many people a person will compare."""
    from kiosk.face import doctor as examination

    return 0 if examination.examine(read_face(given.config), say) else 1


def read_face(path: Path | None) -> configuration.Face:
    """[face] of a configuration file, or its defaults."""
    return configuration.Face() if path is None else read_config(path).face


def journal_verify(given: argparse.Namespace) -> int:
    """Check every entry of the journal: 0 it is whole, 1 it is not, 2 it cannot be looked at."""
    from kiosk import journal_check  # a running kiosk does not need it

    return journal_check.verify(given.folder or read_config(given.config).storage.folder, say)


def say(words: str) -> None:
    """One line for the person at the keyboard."""
    sys.stdout.write(words + "\n")


def read_config(path: Path) -> Config:
    """The configuration, or exit 2 with one line for each thing that is wrong."""
    try:
        return configuration.load(path)
    except configuration.ConfigError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from None


def run_kiosk(config: Config, headless: bool) -> int:
    """Runs until it is stopped.  0 after a clean stop, 1 after a surprise, 3 when there is no display."""
    from kiosk import process
    from screens import environment

    process.close_memory()
    driver = environment.OFF_SCREEN if headless else environment.ON_SCREEN
    try:
        environment.prepare(config.screen, driver)
    except environment.WrongDriver as error:
        sys.stderr.write(f"cannot start: {error}\n")
        return 3
    return run_window(config, driver)


def run_window(
    config: Config,
    driver: str,
    on_mounted: OnMounted | None = None,
    on_ready: Callable[[KioskApp], None] | None = None,
) -> int:
    """Opens the window, serves visits until it is closed or SIGTERM comes.  0 after a clean stop, 1 after a surprise.

    ``on_ready`` is called on Kivy's thread with the first usable frame.  Call ``environment.prepare`` first.
    """
    import signal
    import time

    from kivy.clock import Clock as KivyClock

    from devices.clock import SystemClock
    from kiosk import dates
    from kiosk.session import Session, is_journals, note, out_of_service
    from kiosk.watchdog import PING_EVERY_S, Watchdog
    from screens import environment
    from screens.app import KioskApp

    clock, started = SystemClock(), time.monotonic()
    logs: list[Log] = []  # made on the session's thread: the first screen does not wait for it
    usable_ms: list[int] = []
    ended: list[Exception | None] = []

    def first_frame() -> None:
        usable_ms.append(round((time.monotonic() - started) * 1000))
        watchdog.ready()
        if on_ready is not None:
            on_ready(window)

    def machine() -> Machine:
        from importlib.metadata import version

        from kiosk import events

        config.storage.folder.mkdir(parents=True, exist_ok=True)
        log = events.Log(config.storage.folder / "kiosk.log", clock)
        logs.append(log)
        ms = usable_ms[0] if usable_ms else round((time.monotonic() - started) * 1000)
        log.write(events.Started(kiosk_id=config.site.kiosk_id, version=version("shebao-kiosk"), ms=ms))
        window.on_help = lambda: log.write(events.HelpOpened())
        return build_machine(config, window.desk, clock, log)

    def refuse(error: Exception) -> None:
        note(logs[0], error)
        out_of_service(window.desk, clock, config)

    def on_end(error: Exception | None) -> None:
        ended.append(error)
        if error is not None and logs and not is_journals(error):
            note(logs[0], error)
        window.stop()

    window = KioskApp(config, first_frame, on_mounted, lambda: dates.now(clock), clock.monotonic)
    environment.check_driver(driver)
    watchdog = Watchdog(lambda: window.desk.heard_at, clock.monotonic)
    KivyClock.schedule_interval(lambda _: watchdog.ping(), PING_EVERY_S)
    signal.signal(signal.SIGTERM, lambda *_: window.stop())
    session = Session(window.desk, machine, refuse, on_end, *first_screen(config))
    window.run(lambda _desk: session.start())
    window.desk.close()
    session.join(15)
    code = 0 if ended == [None] else 1
    for log in logs:
        from kiosk import events

        log.write(events.Stopped(exit_code=code))
        log.close()
    return code


def first_screen(config: Config) -> tuple[View[Any], object]:
    """What is asked before anything is built, and the answer that means: ask again."""
    if config.site.profile == "tablet":
        from kiosk.field.views import BoardNews, SignInByCard

        return SignInByCard(config.site.kiosk_id), BoardNews.CHANGED
    from kiosk.views import Home, HomeNews

    return Home(), HomeNews.CHANGED


def build_machine(config: Config, desk: Desk, clock: Clock, log: Log) -> Machine:
    """A kiosk of a hall, or a tablet, as the profile says."""
    if config.site.profile == "tablet":
        from kiosk.field.build import build as build_tablet

        return build_tablet(config, desk, clock, clock, log)
    from kiosk.build import build

    return build(config, desk, clock, clock, log)


def main() -> None:
    """The ``kiosk`` command."""
    given = commands().parse_args()
    raise SystemExit(given.act(given))


if __name__ == "__main__":
    main()
