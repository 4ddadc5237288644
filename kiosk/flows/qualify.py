"""资格认证, once a year: say what is due, let the person choose a way, go it, say how it ended.

Nobody is asked anything before they were told whether they need to come at all.  No way is better than another, no try is a
failure of the person's, and nothing here ever says that a benefit is stopped.
"""

from __future__ import annotations

from collections.abc import Callable

from kiosk import dates, events, texts, wire
from kiosk.flows import certified, face_check, trouble, without_camera
from kiosk.flows.certified import Ended
from kiosk.flows.ways import Tally, Wish, choose, face_is_offered
from kiosk.kiosk import Kiosk
from kiosk.views import BACK, AttentionButton, CertifiedButton, FaceWay, WayKey
from kiosk.wire import CertificationState

WAYS: dict[WayKey | FaceWay, Callable[[Kiosk, wire.MyPage, Tally], Wish]] = {
    WayKey.FACE: face_check.by_face,
    FaceWay.AGAIN: face_check.by_face,
    WayKey.STAFF: without_camera.by_staff,
    WayKey.HOME_VISIT: without_camera.by_home_visit,
    WayKey.PHONE: without_camera.by_phone,
    WayKey.WINDOW: without_camera.by_window,
}
TO_BE_DONE = (CertificationState.DUE, CertificationState.OVERDUE)


def prepare(kiosk: Kiosk, page: wire.MyPage) -> None:
    """While the person reads: a worker gets ready for somebody who has it to do.  The camera stays shut."""
    if page.certification.state in TO_BE_DONE and face_is_offered(kiosk, page):
        kiosk.booth.prepare()


def tell_first(kiosk: Kiosk, page: wire.MyPage) -> bool:
    """What the centre knows, before anything is asked.  True when there is something to do, or the person wants to do it early."""
    state = page.certification.state
    if state is CertificationState.VALID:
        return tell_valid(kiosk, page)
    if state is CertificationState.NOT_NEEDED:
        trouble.explain(kiosk, "circle-check", texts.NOT_NEEDED_TITLE, texts.NOT_NEEDED_BODY, tone="ok")
        return False
    if state is CertificationState.UNDER_REVIEW:
        tell_under_review(kiosk, page)
        return False
    return True


def tell_valid(kiosk: Kiosk, page: wire.MyPage) -> bool:
    """今年不用来: until when, by which source.  True to do the next one early."""
    known = page.certification
    body = [
        texts.NOT_DUE_UNTIL.format(until=dates.long_date(known.valid_until))
        if known.valid_until
        else texts.NOT_DUE_ANY
    ]
    if known.certified_on:
        source = known.source or texts.NOT_DUE_DONE
        body.append(texts.NOT_DUE_SOURCE.format(date=dates.long_date(known.certified_on), source=source))
    early = is_open(page)
    if early:
        body.append(texts.NOT_DUE_EARLY)
    answer = trouble.explain(
        kiosk,
        "badge-check",
        texts.NOT_DUE_TITLE,
        tuple(body),
        texts.OK_LEAVE,
        texts.CERT_EARLY if early else "",
        tone="ok",
    )
    return answer is AttentionButton.SECOND


def is_open(page: wire.MyPage) -> bool:
    """Whether a certification that still holds can already be renewed."""
    opens_on = page.certification.opens_on
    return opens_on is not None and opens_on <= page.server_time.astimezone(dates.CHINA).date()


def tell_under_review(kiosk: Kiosk, page: wire.MyPage) -> None:
    """Nothing to do; the consent to the picture can be taken back here."""
    check_id = page.certification.check_id
    answer = trouble.explain(
        kiosk,
        "clock",
        texts.REVIEWING_TITLE,
        texts.REVIEWING_BODY,
        texts.OK_LEAVE,
        texts.WITHDRAW if check_id else "",
        tone="ok",
    )
    if answer is AttentionButton.SECOND:
        certified.withdraw(kiosk, check_id)


def qualify(kiosk: Kiosk, page: wire.MyPage, chip_photo: bytes = b"") -> CertifiedButton | None:
    """Choose and go, way after way, until one of them ended or the person goes back to my page (None)."""
    tally = Tally(chip_photo=chip_photo)
    try:
        return go(kiosk, page, tally)
    finally:
        kiosk.log.write(events.QualificationEnded(end=tally.end, way=tally.way, tries=tally.failed))


def go(kiosk: Kiosk, page: wire.MyPage, tally: Tally) -> CertifiedButton | None:
    kiosk.outbox.check()  # nobody would deliver what is done here
    prepare(kiosk, page)
    wish: Wish = None
    while True:
        if wish is None:
            wish = choose(kiosk, page)
        if wish is BACK:
            return None
        if isinstance(wish, Ended):
            tally.end = events.Qualified(wish.state.value)
            return certified.tell(kiosk, page, wish)
        tally.take(wish)
        wish = WAYS[wish](kiosk, page, tally)
