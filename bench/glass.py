"""The real kiosk window, off screen, that tells the bench what it sees and when: ``python -m bench.glass kiosk.toml``.

Standard output is a line of JSON for every event, with times of the machine's monotonic clock, which all processes share:

    {"view": "MyPage", "at_s": ..., "card_present": true}      drawn: the first frame with this view is complete (glFinish)
    {"busy": "read", "from_s": ..., "to_s": ...}               the session thread was in a card read, an API call or a print
    {"tap_ms": ..., "at_s": ..., "to_s": ..., "on": "Home"}    from the finger's arrival to the frame that shows the pressed button
    {"lost": "Home"}                                           a finger on an open button that never looked pressed

Standard input takes {"home": true}, {"tap": answer}, {"fingers": seed} and {"rest": true}.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import deque
from pathlib import Path
from random import Random
from typing import Any

from kiosk import config as configuration
from kiosk.__main__ import run_window
from screens import environment

EVERY_S = (0.02, 0.07)
HELD_S = 0.03
SEEN_WITHIN_S = 2.0


def tell(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


class Hand:
    """An input provider of Kivy's.  Fingers arrive on a thread of their own, as from a touch panel, and leave without a tap."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._arrived: deque[float] = deque()
        self._rng = Random(0)
        self._resting = True
        self._held: tuple[float, Any, Any] | None = None

    def begin(self, seed: int) -> None:
        self._rng, self._resting = Random(seed), False
        threading.Thread(target=self._arrive, daemon=True).start()

    def rest(self) -> None:
        self._resting = True

    def _arrive(self) -> None:
        while not self._resting:
            time.sleep(self._rng.uniform(*EVERY_S))
            self._arrived.append(time.monotonic())

    # --- Kivy's thread

    def start(self) -> None:
        """Nothing to open."""

    def stop(self) -> None:
        """Nothing to close."""

    def update(self, dispatch_fn: Any) -> None:
        from screens.taps import Finger

        while self._arrived:
            at_s = self._arrived.popleft()
            if self._held is not None or self._app.top is None or not self._app.guard.open():
                continue
            open_now = [press for press in self._app.top.presses() if press.opacity]
            if open_now:
                press = self._rng.choice(open_now)
                finger = Finger(*press.to_window(*press.center))
                self._held = (at_s, press, finger)
                dispatch_fn("begin", finger)

    def flipped(self, now_s: float) -> None:
        """A frame is complete.  The finger goes off the button a little later and lifts there."""
        from kivy.clock import Clock

        if self._held is None:
            return
        at_s, press, finger = self._held
        on = type(self._app.top.view).__name__
        if press.pressed:
            tell(tap_ms=(now_s - at_s) * 1000, at_s=at_s, to_s=now_s, on=on)
        elif now_s - at_s < SEEN_WITHIN_S:
            return
        else:
            tell(lost=on)

        def lift(_: float) -> None:
            finger.move(1, 1)
            finger.up()
            self._held = None

        self._held = (float("inf"), _Nobody, finger)
        Clock.schedule_once(lift, HELD_S)


class _Nobody:
    """A finger that is only waiting to be lifted presses nothing."""

    pressed = False


def watch(kind: type, name: str, busy: str) -> None:
    """Tells when the session thread enters and leaves a method."""
    whole = getattr(kind, name)

    def timed(self: Any, *args: Any, **kwargs: Any) -> Any:
        from_s = time.monotonic()
        try:
            return whole(self, *args, **kwargs)
        finally:
            if threading.current_thread().name == "session":
                tell(busy=busy, from_s=from_s, to_s=time.monotonic())

    setattr(kind, name, timed)


def main() -> int:
    from devices.idcard_sdt import SdtReader
    from devices.printer_escpos import EscposPrinter
    from kiosk.api import Api

    config = configuration.load(Path(sys.argv[1]))
    environment.prepare(config.screen, environment.OFF_SCREEN)
    watch(SdtReader, "_read_found", "read")
    watch(EscposPrinter, "print", "print")
    watch(Api, "_call", "call")
    mounted: list[Any] = []

    def ready(app: Any) -> None:
        from kivy.base import EventLoop
        from kivy.core.window import Window
        from kivy.graphics.opengl import glFinish

        hand = Hand(app)
        EventLoop.add_input_provider(hand)

        def flip(*_: Any) -> None:
            glFinish()
            now_s = time.monotonic()
            while mounted:
                view = mounted.pop(0)
                tell(
                    view=type(view).__name__,
                    at_s=now_s,
                    card_present=getattr(view, "card_present", None),
                    paper=getattr(getattr(view, "paper", None), "value", None),
                )
            hand.flipped(now_s)

        Window.bind(on_flip=flip)
        flip()
        threading.Thread(target=obey, args=(app, hand), daemon=True).start()

    return run_window(config, environment.OFF_SCREEN, lambda view, _page: mounted.append(view), ready)


def obey(app: Any, hand: Hand) -> None:
    """Until the bench closes the pipe: then the window closes."""
    from kivy.clock import Clock

    from screens import taps

    def press(wanted: str) -> None:
        taps.tap(
            taps.find(app.top, lambda one: str(getattr(one.answer, "value", one.answer)).startswith(wanted))
        )

    for line in sys.stdin:
        order = json.loads(line)
        if "home" in order:
            Clock.schedule_once(lambda _: app.desk.home())
        elif "tap" in order:
            Clock.schedule_once(lambda _, wanted=order["tap"]: press(wanted))
        elif "fingers" in order:
            hand.begin(order["fingers"])
        else:
            hand.rest()
    app.stop()


if __name__ == "__main__":
    raise SystemExit(main())
