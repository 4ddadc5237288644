"""``kiosk demo``: the main job, from card to paper.

With a display: the kiosk's window and the bench panel, for hands.  Without: five visits played through the real window off screen,
taps included; then the books are laid side by side: what was paid, what central's ledger says, what the paper says.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kiosk import config as configuration
from kiosk.views import View
from screens import environment
from stand.books import Books, compare
from stand.gallery import write_gallery
from stand.hands import Hands
from stand.hearing import Hearing

PANEL_PORT = 8010


def main(out: Path, headless: bool, run_window: Callable[..., int]) -> int:
    """0 when all went well and the books agree.  ``run_window`` is the kiosk itself: kiosk.__main__.run_window."""
    with tempfile.TemporaryDirectory(prefix="kiosk-demo-") as scratch:
        if headless or not os.environ.get("DISPLAY"):
            return play(out, Path(scratch), run_window)
        return by_hand(Path(scratch), run_window)


def by_hand(scratch: Path, run_window: Callable[..., int]) -> int:
    hands = Hands.start(scratch, display=True, panel_port=PANEL_PORT)
    try:
        pensioner = hands.pensioner()
        hands.show_face_to_central(pensioner)
        print(f"The kiosk's window is opening. Hands for its devices: {hands.panel}")  # noqa: T201
        print(f"For the yearly check put down the card {pensioner['name']} {pensioner['number']}.")  # noqa: T201
        config = configuration.load(hands.config)
        environment.prepare(config.screen)
        return run_window(config, environment.ON_SCREEN, on_mounted=Hearing(hands).mounted)
    finally:
        hands.stop()


def play(out: Path, scratch: Path, run_window: Callable[..., int]) -> int:
    """Five visits without hands."""
    (out / "screens").mkdir(parents=True, exist_ok=True)
    (out / "receipts").mkdir(parents=True, exist_ok=True)
    for old in [*out.glob("screens/*.png"), *out.glob("receipts/*.png")]:
        old.unlink()
    print("Starting central, the township and the devices ...", flush=True)  # noqa: T201
    hands = Hands.start(scratch)
    try:
        config = configuration.load(hands.config)
        environment.prepare(config.screen, environment.OFF_SCREEN)
        from screens.app import KioskApp  # Kivy reads its settings when it is imported
        from stand.player import Player
        from stand.visits import play_all

        player = Player(out / "screens")
        failures: list[str] = []

        def perform() -> None:
            try:
                play_all(player, hands)
            except Exception as error:  # noqa: BLE001 - the demo must end and say what went wrong
                failures.append(f"{player.chapter}: {type(error).__name__}: {error}")
            finally:
                player.close_window()

        actor = threading.Thread(target=perform, name="player", daemon=True)

        hearing = Hearing(hands)

        def mounted(view: View[Any], page: object) -> None:
            player.mounted(view, page)
            hearing.mounted(view, page)

        def begin(app: KioskApp) -> None:
            player.ready(app)
            actor.start()

        code = run_window(config, environment.OFF_SCREEN, on_mounted=mounted, on_ready=begin)
        actor.join(30)
        sheets = hands.sheets()
        for number in range(len(sheets)):
            (out / "receipts" / f"{number + 1:02d}.png").write_bytes(hands.sheet_png(number))
        books = Books.read(hands, config.storage.folder, sheets)
        differences = compare(books)
        write_gallery(out, player.pictures, books, differences + failures)
        print(books.summary())  # noqa: T201
        for line in differences + failures:
            print(f"DIFFERS  {line}")  # noqa: T201
        print(f"Screens and receipts: {out / 'index.html'}")  # noqa: T201
        return 0 if code == 0 and not differences and not failures else 1
    finally:
        hands.stop()
