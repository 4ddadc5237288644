"""The ways to certify: which are open here and now, and the two screens that offer them.  None is better than another."""

from __future__ import annotations

from dataclasses import dataclass, field

from kiosk import events, texts, views, wire
from kiosk.face.booth import BoothState
from kiosk.flows import standing
from kiosk.flows.certified import Ended
from kiosk.kiosk import Kiosk
from kiosk.views import BACK, Back, FaceWay, Steps, WayKey, WayOption

OFFERED = (WayKey.FACE, WayKey.STAFF, WayKey.HOME_VISIT, WayKey.PHONE, WayKey.WINDOW)  # in this order
MOST_OPTIONS = 6
PATIENT_TRIES = 2  # after so many the other ways come first
MOST_TRIES = 4
NOTES = {
    WayKey.FACE: texts.WAY_FACE_NOTE,
    WayKey.STAFF: texts.WAY_STAFF_NOTE,
    WayKey.HOME_VISIT: texts.WAY_HOME_VISIT_NOTE,
    WayKey.PHONE: texts.WAY_PHONE_NOTE,
    WayKey.WINDOW: texts.WAY_WINDOW_NOTE,
}
Wish = Ended | WayKey | FaceWay | Back | None  # None: to choose again from all ways; BACK: to my page


@dataclass
class Tally:
    """How it went in this visit: ``failed`` tries by face, ``enough``: the centre wants no more of them; what the log will say."""

    failed: int = 0
    enough: bool = False
    chip_photo: bytes = field(default=b"", repr=False)  # of the card, as its chip holds it
    way: wire.Way | None = None
    end: events.Qualified = events.Qualified.LEFT

    def begin(self) -> None:
        """Somebody chooses, perhaps once more; what the log said of before is said."""
        self.way, self.end = None, events.Qualified.LEFT

    def take(self, wish: WayKey | FaceWay) -> None:
        self.way = wire.Way.FACE if isinstance(wish, FaceWay) else wire.Way(wish.value)
        elsewhere = self.way in (wire.Way.PHONE, wire.Way.WINDOW)
        self.end = events.Qualified.POINTED if elsewhere else events.Qualified.LEFT


def offer(page: wire.MyPage, key: WayKey) -> wire.WayOffer | None:
    """What the centre says of a way for this person; None when it is not open to them."""
    return next((each for each in page.certification.ways if each.way.value == key.value), None)


def face_is_offered(kiosk: Kiosk, page: wire.MyPage) -> bool:
    """The centre offers it and this machine can."""
    able = kiosk.booth.status() in (BoothState.READY, BoothState.UNKNOWN)
    return able and offer(page, WayKey.FACE) is not None


def may_try_face(kiosk: Kiosk, page: wire.MyPage, tally: Tally) -> bool:
    """It is offered, and neither the centre nor we have seen enough of it today."""
    return not tally.enough and tally.failed < MOST_TRIES and face_is_offered(kiosk, page)


def open_ways(kiosk: Kiosk, page: wire.MyPage, tally: Tally) -> tuple[WayOption, ...]:
    """The window is always open to everybody.  A face that was not recognised twice stands last."""
    face = may_try_face(kiosk, page, tally)
    keys = [
        key for key in OFFERED if key is WayKey.WINDOW or (face if key is WayKey.FACE else is_open(page, key))
    ]
    if tally.failed >= PATIENT_TRIES:
        keys.sort(key=lambda key: key is WayKey.FACE)
    return tuple(WayOption(key, note_of(kiosk, page, key), is_booked(page, key)) for key in keys)


def is_booked(page: wire.MyPage, key: WayKey) -> bool:
    made = offer(page, key)
    return made is not None and made.booked


def is_open(page: wire.MyPage, key: WayKey) -> bool:
    """A code that leads nowhere is no way."""
    made = offer(page, key)
    return made is not None and (key is not WayKey.PHONE or bool(made.url))


def note_of(kiosk: Kiosk, page: wire.MyPage, key: WayKey) -> str:
    """The centre's words, else ours.  What a face check does is part of the consent: there ours stand."""
    made = offer(page, key)
    if made is not None and made.note and key is not WayKey.FACE:
        return made.note
    return NOTES[key].format(hours=kiosk.config.site.hours)


def choose(kiosk: Kiosk, page: wire.MyPage, tally: Tally) -> WayKey | Back:
    """What is due, and how.  Choosing the face is the consent of the version shown; the whole of it can be read first."""
    title, note = standing.words(page)
    if not (page.certification.state in standing.TO_BE_DONE or standing.is_to_be_renewed(page)):
        title, note = "", ""  # they were told that nothing is due, and want to do it early
    by = standing.by_when(page)
    ways = open_ways(kiosk, page, tally)
    face = any(way.key is WayKey.FACE for way in ways)
    view = views.ChooseWay(
        steps=Steps(views.CERTIFY_STEPS if face else views.WAY_STEPS, 1),
        ways=ways,
        consent_version=wire.CONSENT_VERSION,
        due="" if by in note else by,
        title=title,
        note=note,
    )
    while (answer := kiosk.desk.ask(view)) is WayKey.RULES:
        kiosk.desk.ask(views.ConsentRules(wire.CONSENT_VERSION, texts.CONSENT_RULES))
    return answer


def other_ways(
    kiosk: Kiosk,
    page: wire.MyPage,
    tally: Tally,
    title: str,
    note: str,
    compare: bool = False,
    without: tuple[WayKey, ...] = (),
    again_note: str = "",
) -> WayKey | FaceWay | None:
    """机器没认出来，不要紧: one more try first, after two failed ones the other ways first.  None to see all ways again.

    ``without`` FACE no try is offered here: whoever stopped agrees anew, where all ways are.
    """
    others: list[WayOption | FaceWay] = [
        way for way in open_ways(kiosk, page, tally) if way.key not in (WayKey.FACE, *without)
    ]
    if compare:
        others.insert(0, FaceWay.COMPARE)
    options = list(others)
    if WayKey.FACE not in without and may_try_face(kiosk, page, tally):
        first = tally.failed < PATIENT_TRIES and not compare
        options = [FaceWay.AGAIN, *others] if first else [*others[: MOST_OPTIONS - 1], FaceWay.AGAIN]
    shown = tuple(options[:MOST_OPTIONS])
    view = views.FaceOtherWays(Steps(views.CERTIFY_STEPS, 2), title, note, shown, again_note)
    answer = kiosk.desk.ask(view)
    return None if answer is BACK else answer
