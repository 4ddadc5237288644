"""One real tablet: journal, keys, badge, pack, packets, courier and flows as ``kiosk.field.build`` puts them together.

What is not real: the reader (cards are laid on it by hand) and the camera's worker (``tests.booth``, which says what it is
told to, with pictures as large as a camera's).  ``Seams`` says where a proof steps in.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from devices.clock import Clock, SystemClock
from devices.idcard import IdCard, ReaderStatus
from devices.status import DeviceState, Media
from kiosk import build as hall
from kiosk import config, events
from kiosk.desk import Desk
from kiosk.face.booth import Booth, BoothState, Strokes
from kiosk.face.guidance import Action, Asked, Comparison, End, Outcome
from kiosk.face.weights import RESNET, detector_digest
from kiosk.face.zones import START, Source, Zone
from kiosk.field.api import FieldApi
from kiosk.field.badges import Badges
from kiosk.field.courier import Courier
from kiosk.field.disk import Disk
from kiosk.field.keys import Cost, TabletKeys
from kiosk.field.packets import Packets
from kiosk.field.packs import Packs
from kiosk.field.tablet import Tablet
from kiosk.journal import Journal
from kiosk.seal import seal
from tests.booth import FakeBooth, FakeSitting, asking, looking
from tests.proof.field_central import TABLET, TOKEN

PICTURE_BYTES = (14_900, 31_900)  # of JPEG: sealed 20 to 44 kB, which is the most (kiosk.face.picture)
SYNC_EVERY_S = 60.0
WATCHING = (looking(), asking(Action.BLINK, 1, 2), asking(Action.TURN_LEFT, 2, 2))
NOWHERE = "http://127.0.0.1:9"  # the discard port: nobody answers at once


@dataclass(frozen=True)
class Seams:
    """The parts of a tablet that a proof replaces by its own of the same kind."""

    disk: Callable[[], Disk] = Disk
    journal: type[Journal] = Journal
    packets: type[Packets] = Packets
    api: type[FieldApi] = FieldApi


@dataclass(frozen=True)
class Place:
    """Where a tablet lives.  ``url`` is what its flow reaches, ``courier_url`` its courier; ``cost`` of one guess at a PIN."""

    folder: Path
    url: str
    courier_url: str
    suite: str = "x25519"
    cost: Cost = field(default_factory=Cost)

    @property
    def data(self) -> Path:
        return self.folder / "data"


class HandReader:
    """A reader on which a card lies once it is laid there; it is read once."""

    def __init__(self) -> None:
        self._card: IdCard | None = None

    def lay(self, card: IdCard) -> None:
        self._card = card

    def status(self) -> ReaderStatus:
        return ReaderStatus(DeviceState.ONLINE, Media.UNKNOWN)

    def poll(self) -> IdCard | None:
        card, self._card = self._card, None
        return card

    def media_taken(self) -> bool:
        return True


class CameraSitting(FakeSitting):
    """Its pictures are as large as a camera's: JPEG's first bytes, then what cannot be made shorter."""

    def __init__(self, rng: Random, outcome: Outcome, taken: list[bytes]) -> None:
        super().__init__((*WATCHING, outcome))
        self._rng, self._taken = rng, taken

    def seal_picture(self, key: bytes, info: bytes, strokes: Strokes = ()) -> bytes | None:
        return self._sealed(key, info, strokes) if super().seal_picture(key, info, strokes) else None

    def seal_photo(self, key: bytes, info: bytes) -> bytes | None:
        return self._sealed(key, info, ()) if super().seal_photo(key, info) else None

    def _sealed(self, key: bytes, info: bytes, strokes: Strokes) -> bytes:
        picture = b"\xff\xd8\xff" + self._rng.randbytes(self._rng.randint(*PICTURE_BYTES) - 3)
        self._taken.append(picture)
        content = {"picture": base64.b64encode(picture).decode(), "strokes": strokes}
        return seal(json.dumps(content).encode(), key, info)


class CameraBooth(FakeBooth):
    """``next_end``: how the next check ends.  ``taken``: every picture that was ever sealed."""

    def __init__(self, rng: Random) -> None:
        super().__init__(state=BoothState.READY)
        self._rng, self.next_end, self._sat = rng, End.ACCEPTED, 0
        self.taken: list[bytes] = []

    def sit(self) -> CameraSitting:
        self._sat += 1
        times = Random(f"{self._sat} {hash(self._rng.getstate())}")  # leaves the draws of others as they are
        return CameraSitting(self._rng, outcome(self.next_end, times), self.taken)


def outcome(end: End, times: Random) -> Outcome:
    """What a worker that looked at somebody for eight seconds says."""
    zone = {End.ACCEPTED: Zone.ACCEPT, End.REVIEW: Zone.REVIEW}.get(end)
    return Outcome(
        end,
        asked=(
            Asked(Action.BLINK, 1200, times.randint(1500, 2600)),
            Asked(Action.TURN_LEFT, 3000, times.randint(3600, 4600)),
            Asked(Action.NOD, 4700, times.randint(5100, 6100)),
            Asked(Action.TURN_LEFT, 6600, times.randint(7100, 7900)),
        ),
        comparisons=(Comparison(Source.PHOTO, zone, 0.31 if zone is Zone.ACCEPT else 0.45),) if zone else (),
        engine="dlib",
        model=RESNET.sha256,
        thresholds=START[0].digest,
        detector=detector_digest(),
        frames=114,
        duration_ms=8300,
        quality={"sharpness": 120.5, "brightness": 131.0},
        has_picture=zone is not None,
    )


@dataclass
class Machine:
    """A tablet that is switched on.  ``close`` as kiosk.field.build has it."""

    tablet: Tablet
    journal: Journal
    courier_api: FieldApi
    reader: HandReader
    booth: CameraBooth
    log: events.Log

    def close(self) -> None:
        self.tablet.courier.stop()
        self.courier_api.close_connections()
        self.tablet.api.close_connections()
        self.journal.close()
        self.log.close()


def settings(place: Place, url: str) -> config.Config:
    return config.Config(
        site=config.Site(kiosk_id=TABLET, place="泽头镇", profile="tablet"),
        central=config.Central(url=url, token=TOKEN),
        reader=config.Reader(port="none", poll_interval_s=0.001),
        storage=config.Storage(folder=place.data),
        tablet=config.Tablet(suite=place.suite, sync_every_s=SYNC_EVERY_S),  # type: ignore[arg-type]
    )


def power_on(
    place: Place,
    desk: Desk,
    rng: Random,
    seams: Seams | None = None,
    booth: Booth | None = None,
    clock: Clock | None = None,
) -> Machine:
    """Everything anew over the same disk, in the order of ``kiosk.field.build.build``."""
    seams, clock = seams or Seams(), clock or SystemClock()
    disk, boot_id = seams.disk(), hall.boot_id()
    place.data.mkdir(parents=True, exist_ok=True)
    log = events.Log(place.data / "kiosk.log", clock)  # where the program has it: the scan reads it too
    there, beside = settings(place, place.url), settings(place, place.courier_url)
    journal = seams.journal.open(place.data, clock, boot_id)
    keys = TabletKeys.open(place.data, disk)
    packets = seams.packets(place.data, journal, keys, clock, TABLET, disk)
    packets.recover()
    api, courier_api = (seams.api(each.central, TABLET, clock, log) for each in (there, beside))
    reader, camera = HandReader(), CameraBooth(rng)
    tablet = Tablet(
        desk=desk,
        reader=reader,
        printer=None,
        api=api,
        badges=Badges(place.data, keys, api, clock, place.suite, place.cost, disk),
        packs=Packs(place.data, api, clock, disk),
        packets=packets,
        courier=Courier(packets, courier_api, clock, log, SYNC_EVERY_S),
        clock=clock,
        log=log,
        config=there,
        booth=booth or camera,
        boot_id=boot_id,
    )
    return Machine(tablet, journal, courier_api, reader, camera, log)
