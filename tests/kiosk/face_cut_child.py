"""A kiosk in a process of its own, before whose camera somebody sits: run by test_face_cut, which kills it.

    python -m tests.kiosk.face_cut_child config.toml kiosk.log

It says one word a line: ``take``, the card may be taken; then ``looking``, the worker's number and a strip of the newest picture,
written so that nobody who searches for the strip finds it here.  It looks on until it is killed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, cast

from devices.clock import SystemClock
from kiosk import build, config, events, views
from kiosk.face.room import FaceRoom
from kiosk.flows import visits
from kiosk.flows.attract import Devices
from kiosk.views import MyPageButton, WayKey
from tests.live import LiveClock, LiveDesk

STRIP_BYTES, TURNED = 90, 0x5A


class Sitting:
    """Whoever is before the camera hears nothing, and sits still."""

    def ask(self, word: str) -> None: ...


def say(*words: object) -> None:
    print(*words, flush=True)


def main(toml: Path, log: Path) -> None:
    clock, said = LiveClock(), set[str]()

    def my_page(view: views.MyPage) -> Any:
        if not view.card_present:
            return MyPageButton.CERTIFICATION
        if "take" not in said:
            said.add("take")
            say("take")
        return None

    def looks(view: views.FaceLook) -> None:
        picture = view.preview.read(5)
        if picture is None or "looking" in said:
            return
        said.add("looking")
        sitting = cast(FaceRoom, machine.kiosk.booth)._sitting
        assert sitting is not None
        middle = (picture.height // 2 * picture.width + picture.width // 2) * 3
        strip = bytes(byte ^ TURNED for byte in memoryview(picture.pixels)[middle : middle + STRIP_BYTES])
        say("looking", sitting._child.pid, strip.hex())

    desk = LiveDesk(
        cast(Any, Sitting()),
        {
            views.Home: lambda _view: None,
            views.MyPage: my_page,
            views.ChooseWay: WayKey.FACE,
            views.FaceLook: looks,
            views.Attention: views.AttentionButton.FIRST,
        },
    )
    machine = build.build(config.load(toml), desk, clock, SystemClock(), events.Log(log, clock))
    visits.visit(machine.kiosk, Devices(machine.kiosk), 1, None)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
