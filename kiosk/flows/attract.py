"""The start of every visit: the home screen, a tile or a card."""

from __future__ import annotations

from devices.errors import CardFault, CardNotRead, DeviceError
from devices.idcard import IdCard
from devices.status import DeviceState
from kiosk import events, views
from kiosk.flows import card
from kiosk.kiosk import Kiosk
from kiosk.views import BACK, HomeNews, Service, Trouble

LOOK_AT_DEVICES_S = 5.0
MENDED = 0.9  # of the skew that is written down


class Devices:
    """What is known of the machine while nobody is there; asked every few seconds, so that a tap is never waited on."""

    def __init__(self, kiosk: Kiosk) -> None:
        self._kiosk, self._due = kiosk, 0.0
        self._paper: bool | None = None
        self._reader = DeviceState.UNKNOWN
        self._skewed = self._held = False
        self.trouble = Trouble.NONE

    def look(self) -> bool:
        """Asks the devices when it is time; True when what the home screen says has changed.  Raises OutboxDied."""
        self._kiosk.outbox.check()
        now = self._kiosk.clock.monotonic()
        if now < self._due:
            return False
        self._due = now + LOOK_AT_DEVICES_S
        prepare()
        self._ask_reader()
        self._ask_printer()
        before, self.trouble = self.trouble, self._judge()
        return before is not self.trouble

    def look_for_card(self) -> IdCard | None:
        """One look at the reader; while it is known to be dead, nobody waits for it.  Raises CardNotRead."""
        if self.trouble is Trouble.NO_READER:
            return None
        try:
            return card.look(self._kiosk)
        except CardNotRead:
            raise
        except DeviceError:
            self._due = 0.0  # ask its status now, not in five seconds
            return None

    def _ask_reader(self) -> None:
        state = self._kiosk.reader.status().device
        if state is not self._reader:
            self._kiosk.log.write(events.DeviceChanged(device="reader", state=state.value))
        self._reader = state

    def _ask_printer(self) -> None:
        if self._kiosk.printer is None:
            self._paper = False
            return
        status = self._kiosk.printer.status()
        if status.can_print is not self._paper:
            self._kiosk.log.write(
                events.DeviceChanged(device="printer", state=status.device.value, paper=status.paper.value)
            )
        self._paper = status.can_print
        self.clear_printer()

    def clear_printer(self) -> None:
        """No sheet of a visit that is over comes out any more; one that still may is written down, once."""
        held = self._kiosk.printer is not None and not self._kiosk.printer.clear()
        if held and not self._held:
            self._kiosk.log.write(events.SheetHeld())
        self._held = held

    def _judge(self) -> Trouble:
        """The worst thing first.  Not knowing is not yet trouble on the screen; it is in the log."""
        skew_s = self._kiosk.outbox.skew_s()
        self._note_skew(skew_s)
        if self._reader in (DeviceState.NO_DEVICE, DeviceState.HARDWARE_ERROR):
            return Trouble.NO_READER
        if self._kiosk.outbox.central_heard is False:
            return Trouble.NO_NETWORK
        if skew_s is None and self._kiosk.outbox.central_heard:
            # it answers and does not tell the time: nobody knows how wrong this clock is
            return Trouble.CLOCK
        if skew_s is not None and abs(skew_s) > self._kiosk.config.payment.max_clock_skew_s:
            return Trouble.CLOCK
        return Trouble.NO_PAPER if self._paper is False else Trouble.NONE

    def _note_skew(self, skew_s: float | None) -> None:
        """Writes down once that the clock has gone wrong, before it is so wrong that no money is taken."""
        if skew_s is None:
            return
        warn_s = self._kiosk.config.payment.warn_clock_skew_s
        if abs(skew_s) > warn_s and not self._skewed:
            self._kiosk.log.write(events.ClockSkew(seconds=skew_s))
        # mended only when it is well below: central's time is known to a second or two
        self._skewed = abs(skew_s) > (MENDED * warn_s if self._skewed else warn_s)


def attract(kiosk: Kiosk, devices: Devices, wish: Service | None = None) -> Service | None:
    """One visit, from the home screen to the card back in the hand.  With a ``wish`` the home screen was answered already.

    Returns what the next person is here for, when they are known to stand there.
    """
    fault: CardFault | None = None
    answer: Service | IdCard | HomeNews = wish or HomeNews.CHANGED

    def watch() -> IdCard | HomeNews | None:
        return devices.look_for_card() or (HomeNews.CHANGED if devices.look() else None)

    try:
        while answer is HomeNews.CHANGED:
            answer = kiosk.desk.ask(
                views.Home(devices.trouble), watch=watch, every_s=kiosk.config.reader.poll_interval_s
            )
    except CardNotRead as error:
        fault = error.fault
    try:
        if isinstance(answer, IdCard):
            return visit(kiosk, card.accept(kiosk, answer))
    except CardNotRead as error:
        fault = error.fault
    if isinstance(answer, Service):
        wish = answer
    citizen = card.present_card(kiosk, fault=fault)
    return None if citizen is BACK else visit(kiosk, citizen, wish)


def visit(kiosk: Kiosk, citizen: card.Citizen, wish: Service | None = None) -> Service | None:
    from kiosk.flows.my_page import my_page

    return my_page(kiosk, citizen, wish)


def prepare() -> None:
    """Imports what the next screens need while nobody waits for it; the first screen would have waited."""
    from kiosk.flows import my_page  # noqa: F401
