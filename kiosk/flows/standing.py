"""How somebody's certification stands: in the centre's words as they are, in ours where it has none."""

from __future__ import annotations

from datetime import date

from kiosk import dates, texts, wire
from kiosk.wire import CertificationState

TO_BE_DONE = (CertificationState.DUE, CertificationState.OVERDUE)


def today(page: wire.MyPage) -> date:
    """The centre's day, wherever its clock stands."""
    return page.server_time.astimezone(dates.CHINA).date()


def is_open(page: wire.MyPage) -> bool:
    """Whether a certification that still holds can already be renewed."""
    opens_on = page.certification.opens_on
    return opens_on is not None and opens_on <= today(page)


def last_day(page: wire.MyPage) -> date | None:
    """By when the next one should be done: never a day that has passed."""
    known = page.certification
    last = known.due_by or known.valid_until
    return last if last is not None and last >= today(page) else None


def is_for_another_year(page: wire.MyPage) -> bool:
    last = last_day(page)
    return last is not None and last.year > today(page).year


def is_to_be_renewed(page: wire.MyPage) -> bool:
    """It holds, the next one can be done now, and should be done this year."""
    valid = page.certification.state is CertificationState.VALID
    return valid and is_open(page) and last_day(page) is not None and not is_for_another_year(page)


def by_when(page: wire.MyPage) -> str:
    """请在 2026年12月31日前做好, or "" when nothing says.  On that very day "before" would be too late already."""
    last = last_day(page)
    if last is None:
        return ""
    by = texts.MUST_BE_DONE_BY.format(day=dates.long_date(last))
    return texts.MUST_BE_DONE_TODAY if last == today(page) else by


def words(page: wire.MyPage) -> tuple[str, str]:
    """Heading and line."""
    known = page.certification
    title, note = OWN.get(known.state, ("", ""))
    if known.state is CertificationState.VALID:
        title, note = _words_of_valid(page)
    elif known.state is CertificationState.DUE:
        note = by_when(page) or note
    return known.title or title, known.note or note


OWN = {
    CertificationState.DUE: (texts.CERT_DUE_TITLE, texts.CERT_DUE_NOTE_OPEN),
    CertificationState.OVERDUE: (texts.CERT_OVERDUE_TITLE, texts.CERT_OVERDUE_NOTE),
    CertificationState.UNDER_REVIEW: (texts.CERT_REVIEW_TITLE, texts.CERT_REVIEW_NOTE),
}


def _words_of_valid(page: wire.MyPage) -> tuple[str, str]:
    known = page.certification
    if is_to_be_renewed(page):
        return texts.CERT_RENEW_TITLE, by_when(page)
    day = dates.long_date(known.certified_on) if known.certified_on else ""
    until = dates.long_date(known.valid_until) if known.valid_until else ""
    note = texts.CERT_VALID_NOTE.format(until=until, date=day, source=known.source).rstrip(" ·")
    return texts.CERT_VALID_TITLE if is_for_another_year(page) else texts.CERT_NOT_NOW_TITLE, note
