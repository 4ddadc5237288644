"""Builds every object once, from the configuration.  The order is the law: journal first, recovery next, only then a flow."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom

from devices import discover
from devices.clock import Clock
from devices.printer_escpos import PrinterSettings, open_printer
from kiosk import events
from kiosk.api import Api
from kiosk.config import Config
from kiosk.desk import Desk
from kiosk.device_log import DeviceLog
from kiosk.face.booth import Booth, NoBooth
from kiosk.journal import Journal
from kiosk.kiosk import Kiosk
from kiosk.outbox import Outbox
from kiosk.registrar import Registrar
from kiosk.till import Till
from kiosk.views import Service

FONTS = Path(__file__).resolve().parent.parent / "assets" / "fonts"


@dataclass(frozen=True)
class Machine:
    """A kiosk and what must be closed after it."""

    kiosk: Kiosk
    journal: Journal

    def start(self) -> None:
        self.kiosk.outbox.start()

    def serve(self, answer: object = None) -> None:
        """Visit after visit, until Stopped.  ``answer``: of the home screen, when it was asked already."""
        from kiosk.flows.visits import serve

        serve(self.kiosk, answer if isinstance(answer, Service) else None)

    def close(self) -> None:
        self.kiosk.booth.close()
        self.kiosk.outbox.stop()
        self.kiosk.api.close_connections()
        self.journal.close()


def boot_id() -> str:
    """The kernel's name for this boot, so that clock readings of two boots are never compared."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return str(uuid.uuid4())


def open_booth(config: Config, clock: Clock, log: events.Log) -> Booth:
    """No process is started before somebody has a check to do, and a machine without a camera does not know how to."""
    if not config.camera.port:
        return NoBooth()
    from kiosk.face.room import FaceRoom

    return FaceRoom(config.camera, config.face, clock, log)


def build(config: Config, desk: Desk, clock: Clock, wires: Clock, log: events.Log) -> Machine:
    """``clock`` is the flows' time, ``wires`` the drivers' (real even where a test's flows run on virtual time).

    Raises JournalError: without a sound journal no money may move, so nothing starts.
    """
    journal = Journal.open(config.storage.folder, clock, boot_id())
    log.write(events.JournalChecked(entries=journal.last_seq()))
    kiosk_id, reader = config.site.kiosk_id, config.reader
    api, outbox_api = (Api(config.central, kiosk_id, clock, log) for _ in range(2))
    outbox_till, device_log = Till(journal, outbox_api, log, kiosk_id), DeviceLog(journal, outbox_api, log)
    registrar = Registrar(journal, outbox_api, log, kiosk_id)
    outbox = Outbox(outbox_till, registrar, device_log, outbox_api, journal, clock, log, SystemRandom())
    outbox.recover()
    fonts = (FONTS / "NotoSansSC-Regular.otf", config.fonts.rare)
    kiosk = Kiosk(
        desk=desk,
        reader=discover.open_reader(
            discover.ReaderSettings(reader.port, reader.profile, reader.baud, reader.answer_timeout_s), wires
        ),
        printer=open_printer(PrinterSettings(**vars(config.printer)), fonts, wires)
        if config.printer.port
        else None,
        scanner=discover.open_scanner(discover.ScannerSettings(**vars(config.scanner)), wires)
        if config.scanner.port
        else None,
        api=api,
        till=Till(journal, api, log, kiosk_id),
        registrar=Registrar(journal, api, log, kiosk_id),
        outbox=outbox,
        clock=clock,
        log=log,
        config=config,
        booth=open_booth(config, wires, log),
    )
    return Machine(kiosk, journal)
