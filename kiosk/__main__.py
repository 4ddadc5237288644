"""The commands, and the only place where kiosk, screens and stand meet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kiosk import config as configuration

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.config import Config
    from screens.app import KioskApp, OnMounted

DEFAULT_CONFIG = Path("/etc/shebao-kiosk/kiosk.toml")
ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="The kiosk's TOML file.")]

app = typer.Typer(
    help="Self-service terminal for social insurance.", no_args_is_help=True, add_completion=False
)
config_app = typer.Typer(help="Look after the configuration file.", no_args_is_help=True)
app.add_typer(config_app, name="config")


@app.command()
def run(
    config: ConfigFile = DEFAULT_CONFIG, headless: Annotated[bool, typer.Option(hidden=True)] = False
) -> None:
    """Run the kiosk on this machine's screen and devices."""
    raise typer.Exit(run_kiosk(read_config(config), headless))


@app.command()
def demo(
    out: Annotated[
        Path, typer.Option(help="Where screens, receipts and index.html go (without a display).")
    ] = Path("demo"),
    headless: Annotated[
        bool, typer.Option("--headless", help="Play the four visits even when there is a display.")
    ] = False,
) -> None:
    """Show the whole main job with an embedded central, emulated devices and a bench panel."""
    from stand import demo as stage  # only a demo needs the stand

    raise typer.Exit(stage.main(out, headless, run_window))


@app.command()
def doctor(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Check this machine part by part and say in plain words what is wrong and what to do."""
    from kiosk import doctor as examination

    raise typer.Exit(0 if examination.examine(read_config(config), typer.echo) else 1)


@config_app.command("check")
def config_check(
    config: Annotated[Path, typer.Argument(help="The TOML file to check.")] = DEFAULT_CONFIG,
) -> None:
    """Check a configuration file without starting anything."""
    settings = read_config(config)
    typer.echo(
        f"{config}: good. Kiosk {settings.site.kiosk_id} at {settings.site.place}, central {settings.central.url}"
    )


def read_config(path: Path) -> Config:
    """The configuration, or exit 2 with one line for each thing that is wrong."""
    try:
        return configuration.load(path)
    except configuration.ConfigError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


def run_kiosk(config: Config, headless: bool) -> int:
    """Runs until it is stopped.  0 after a clean stop, 1 after a surprise, 3 when there is no display."""
    from screens import environment

    driver = environment.OFF_SCREEN if headless else environment.ON_SCREEN
    try:
        environment.prepare(config.screen, driver)
    except environment.WrongDriver as error:
        typer.echo(f"cannot start: {error}", err=True)
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
    from importlib.metadata import version

    from kivy.clock import Clock as KivyClock

    from devices.clock import SystemClock
    from kiosk import dates, events
    from kiosk.watchdog import PING_EVERY_S, Watchdog
    from screens import environment
    from screens.app import KioskApp

    clock, started = SystemClock(), time.monotonic()
    config.storage.folder.mkdir(parents=True, exist_ok=True)
    log = events.Log(config.storage.folder / "kiosk.log", clock)
    ended: list[bool] = []

    def first_frame() -> None:
        ms = round((time.monotonic() - started) * 1000)
        log.write(events.Started(kiosk_id=config.site.kiosk_id, version=version("shebao-kiosk"), ms=ms))
        watchdog.ready()
        if on_ready is not None:
            on_ready(window)

    window = KioskApp(config, first_frame, on_mounted, now=lambda: dates.now(clock))
    environment.check_driver(driver)
    watchdog = Watchdog(lambda: window.desk.heard_at, time.monotonic)
    KivyClock.schedule_interval(lambda _: watchdog.ping(), PING_EVERY_S)
    signal.signal(signal.SIGTERM, lambda *_: window.stop())

    from kiosk.build import build
    from kiosk.session import Session

    def on_end(clean: bool) -> None:
        ended.append(clean)
        window.stop()

    session = Session(
        lambda: build(config, window.desk, window.chain.drawable, clock, clock, log), log, on_end
    )
    window.run(lambda _desk: session.start())
    window.desk.close()
    session.join(15)
    code = 0 if ended == [True] else 1
    log.write(events.Stopped(exit_code=code))
    log.close()
    return code


def main() -> None:
    """The ``kiosk`` command."""
    app()


if __name__ == "__main__":
    main()
