"""Builds a tablet once, from the configuration.  The order is the law: journal, then what a power cut left, only then a flow."""

from __future__ import annotations

from dataclasses import dataclass, replace

from devices import discover
from devices.clock import Clock
from devices.position import NoPosition, Position
from devices.printer_escpos import PrinterSettings, open_printer
from kiosk import build as hall
from kiosk import events
from kiosk.config import Config
from kiosk.desk import Desk
from kiosk.field.api import FieldApi
from kiosk.field.badges import Badges
from kiosk.field.courier import Courier
from kiosk.field.keys import TabletKeys
from kiosk.field.packets import Packets
from kiosk.field.packs import Packs
from kiosk.field.tablet import Tablet
from kiosk.journal import Journal


@dataclass(frozen=True)
class FieldMachine:
    """A tablet and what must be closed after it."""

    tablet: Tablet
    journal: Journal
    courier_api: FieldApi

    def start(self) -> None:
        """What is sealed goes to central from now on, whoever signs in."""
        self.tablet.courier.start()

    def serve(self, answer: object = None) -> None:
        """Shift after shift, until Stopped.  ``answer``: of the first screen, when it was asked already."""
        from kiosk.flows.field.work import serve

        serve(self.tablet, answer)

    def close(self) -> None:
        self.tablet.booth.close()
        self.tablet.courier.stop()
        close_position(self.tablet.position)
        self.courier_api.close_connections()
        self.tablet.api.close_connections()
        self.journal.close()


def held_by_hand(config: Config) -> Config:
    """The camera of a tablet is held by somebody: what surrounds a face moves."""
    return replace(config, face=replace(config.face, check=replace(config.face.check, camera_stands=False)))


def open_position(config: Config, wires: Clock) -> Position:
    if not config.tablet.position_port:
        return NoPosition()
    from devices.position_nmea import open_position as opened

    return opened(config.tablet.position_port, wires)


def close_position(position: Position) -> None:
    """Lets the receiver's port go, when one was opened."""
    if isinstance(position, NoPosition):
        return
    from devices.position_nmea import NmeaPosition

    if isinstance(position, NmeaPosition):
        position.close()


def build(config: Config, desk: Desk, clock: Clock, wires: Clock, log: events.Log) -> FieldMachine:
    """As kiosk.build.build.  Raises JournalError, KeysBroken, OSError: without a sound disk nothing of a visit could be kept."""
    config = held_by_hand(config)
    folder, tablet_id, reader = config.storage.folder, config.site.kiosk_id, config.reader
    boot_id = hall.boot_id()
    journal = Journal.open(folder, clock, boot_id)
    log.write(events.JournalChecked(entries=journal.last_seq()))
    keys = TabletKeys.open(folder)
    packets = Packets(folder, journal, keys, clock, tablet_id)
    packets.recover()
    api, courier_api = (FieldApi(config.central, tablet_id, clock, log) for _ in range(2))
    fonts = (hall.FONTS / "NotoSansSC-Regular.otf", config.fonts.rare)
    tablet = Tablet(
        desk=desk,
        reader=discover.open_reader(
            discover.ReaderSettings(reader.port, reader.profile, reader.baud, reader.answer_timeout_s), wires
        ),
        printer=open_printer(PrinterSettings(**vars(config.printer)), fonts, wires)
        if config.printer.port
        else None,
        api=api,
        badges=Badges(folder, keys, api, clock, config.tablet.suite),
        packs=Packs(folder, api, clock),
        packets=packets,
        courier=Courier(packets, courier_api, wires, log, config.tablet.sync_every_s),
        clock=clock,
        log=log,
        config=config,
        booth=hall.open_booth(config, wires, log),
        position=open_position(config, wires),
        boot_id=boot_id,
    )
    return FieldMachine(tablet, journal, courier_api)
