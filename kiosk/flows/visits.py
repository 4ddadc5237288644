"""Visit after visit: attract, serve, give the card back, and nothing of the person stays."""

from __future__ import annotations

import itertools

from kiosk import events, texts, views
from kiosk.desk import Cancelled, Stopped
from kiosk.flows import card
from kiosk.flows.attract import Devices, attract
from kiosk.kiosk import Kiosk
from kiosk.views import Service


def serve(kiosk: Kiosk, wish: Service | None = None) -> None:
    """Attract, visit, attract, ...  Ends only by an exception: Stopped, or a surprise.

    ``wish`` is a tile that was tapped while the machine was still getting ready.
    """
    devices = Devices(kiosk)
    for number in itertools.count(1):
        wish = visit(kiosk, devices, number, wish)


def visit(kiosk: Kiosk, devices: Devices, number: int, wish: Service | None = None) -> Service | None:
    """One visit; however it ends, the card goes back and nothing of the person stays, in the printer neither.

    Returns the wish of the next person, who came along: their visit begins at once, as anybody's.
    """
    started, reason = kiosk.clock.monotonic(), "done"
    following: Service | None = None
    kiosk.log.write(events.VisitStarted(visit_no=number))
    try:
        following = attract(kiosk, devices, wish)
    except Cancelled as cancelled:
        reason = cancelled.reason
    except Stopped:
        devices.clear_printer()  # it may be left switched on over night, and filled before the next start
        raise
    devices.clear_printer()
    card.give_back(kiosk)
    if reason == "done" and following is None:
        kiosk.desk.show(views.Goodbye(texts.GOODBYE_TITLE, texts.GOODBYE_NOTE))
        kiosk.clock.sleep(kiosk.config.session.goodbye_s)
    seconds = round(kiosk.clock.monotonic() - started)
    kiosk.log.write(events.VisitEnded(visit_no=number, reason=reason, seconds=seconds))
    return following
