"""Nobody has to read in the yearly check: every page of it is spoken, and what is not stands here with the reason."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Final

import pytest

from kiosk import spoken, texts, views, wire
from kiosk.face.booth import Picture
from kiosk.face.guidance import Action, Guidance, Phase
from kiosk.face.verdicts import Hint
from kiosk.flows import qualify, ways
from kiosk.spoken import Book, plain, sentences, speech
from kiosk.views import CertifiedState, FaceWay, Tone, WayKey, WayOption

ROOT = Path(__file__).resolve().parents[2]
VOICE = ROOT / "assets" / "voice"
CATALOGUE = tomllib.loads((VOICE / "catalogue.toml").read_text(encoding="utf-8"))["lines"]
HEARD = tomllib.loads((VOICE / "heard.toml").read_text(encoding="utf-8"))
BOOK = Book.read(VOICE / "catalogue.toml")
STEPS = views.Steps(views.CERTIFY_STEPS, 2)
FLOWS = (
    "qualify",
    "standing",
    "ways",
    "without_camera",
    "certified",
    "face_check",
    "owed",
    "card",
    "my_page",
)

# --- what is only shown, and why

SHOWN_ONLY: Final = {
    "a button: what it does is said by the page": (
        "CERT_DO CERT_EARLY CERT_SEE LATER WITHDRAW WITHDRAW_YES WITHDRAW_NO NO_REFERENCE_GO_ON OTHER_WAYS VISIT_ASK_YES"
        " VISIT_ASK_NO VISIT_PRINT PICTURE_AGAIN AGAIN RULES_DONE SIGN_HERE SIGN_CLEAR SIGN_DONE SIGN_NOT_TICKED"
        " SIGN_NOT_SIGNED CERTIFIED_PRINT CERTIFIED_SPOUSE CERTIFIED_DONE CHILDREN_DONE FACE_OTHER_WAY"
    ),
    "the button under a title that is read out": "WAY_FACE WAY_STAFF",
    "a row of facts, repeated on paper": (
        "NOT_DUE_DONE HOW_ROW HOW_FACE HOW_COMPARED HOW_STAFF CERTIFICATE_NO CHECK_NO PICTURE_ROW PICTURE_CLEARED PICTURE_SENT"
        " STATE_ROW REVIEW_STATE ASKED_STATE STAFF_DONE"
    ),
    "for staff, who read": (
        "REASON_CHOSEN REASON_NOT_RECOGNISED REASON_CANNOT_DO_IT REASON_MACHINE STAFF_CARD_PLACE STAFF_CARD_LEFT"
    ),
    "over before it is said": "FACE_PREPARING FACE_TELLING",
    "beside the mirror, where only what to do is said": "FACE_SOON FACE_OPENING FACE_WELL",
    "the title says it": "PHONE_WAY_NOTE",
}
NOT_SAID = {name: reason for reason, names in SHOWN_ONLY.items() for name in names.split()}
SILENT_VIEWS = {"Working": "over before it is said"}
# Days, numbers, places and hours are in no clip: they stand in large type, and the slip has them.
FIGURE = re.compile(r"[0-9{]|镇便民服务中心")

# --- every page


class Nothing:
    def read(self, after: int) -> Picture | None:
        return None


def told(title: str, *body: str) -> views.Attention:
    return views.Attention("clock", title, body, texts.OK_LEAVE)


ALL_WAYS = tuple(WayOption(key, ways.NOTES[key].format(hours="08:00")) for key in ways.OFFERED)
RULES = tomllib.loads((ROOT / "central/rules/certification.toml").read_text(encoding="utf-8"))
CENTRAL_WAYS = tuple(
    WayOption(WayKey(row["way"]), row["note"].format(hours="08:00–11:30", days=3)) for row in RULES["way"]
)
BOOKED_WAY = WayOption(WayKey.HOME_VISIT, "已经约好了，上门以前会先打电话", booked=True)


def other(
    title: str,
    note: str,
    *options: WayOption | FaceWay,
    again_note: str = "",
) -> views.FaceOtherWays:
    return views.FaceOtherWays(STEPS, title, note, options or (FaceWay.AGAIN, *ALL_WAYS[1:]), again_note)


def ended(state: CertifiedState, **more: Any) -> views.Certified:
    return views.Certified(STEPS, state, **{"next_date": "", "rows": (), "can_print": True, **more})


def my_page(title: str, note: str) -> views.MyPage:
    banner = views.CertificationBanner(title, note, Tone.GO)
    return views.MyPage("张秀英", "3710••••••••0042", True, banner, (), False)


def choice(
    title: str = "", note: str = "", due: str = "", options: tuple[WayOption, ...] = ALL_WAYS
) -> views.ChooseWay:
    return views.ChooseWay(STEPS, options, wire.CONSENT_VERSION, due, title, note)


def look(phase: Phase, action: Action | None = None, hint: Hint | None = None) -> views.FaceLook:
    return views.FaceLook(STEPS, Guidance(phase, action, 1, 3, hint), Nothing())


def central_words() -> Iterator[tuple[str, str]]:
    """Every heading and line that central has, on an ordinary day and on the last one."""
    day = "2027年3月31日"
    for row in RULES["word"]:
        for by in (f" {day}前", "今天"):
            filled = row["note"].format(until=day, date=day, source="本人刷脸", opens=day, by=by)
            yield row["title"], filled


OWN = [
    (texts.CERT_VALID_TITLE, texts.CERT_VALID_NOTE),
    (texts.CERT_NOT_NOW_TITLE, texts.CERT_VALID_NOTE),
    (texts.CERT_RENEW_TITLE, texts.MUST_BE_DONE_BY),
    (texts.CERT_DUE_TITLE, texts.CERT_DUE_NOTE_OPEN),
    (texts.CERT_OVERDUE_TITLE, texts.CERT_OVERDUE_NOTE),
    (texts.CERT_REVIEW_TITLE, texts.CERT_REVIEW_NOTE),
    (texts.CERT_WAITING_TITLE, texts.CERT_WAITING_NOTE),
]
WORDS = [*central_words(), *OWN]
HOTLINE = "12333"
VISIT = texts.WAY_HOME_VISIT_NOTE, *texts.VISIT_ASK_BODY
BOOKED = (
    texts.VISIT_BOOKED_BODY.format(days=3),
    texts.VISIT_PHONE.format(phone="138••••5566"),
    texts.VISIT_NUMBER.format(number="1"),
)
WINDOW = tuple(
    line.format(place="镇便民服务中心", hours="08:00", hotline=HOTLINE) for line in texts.WINDOW_BODY
)

PAGES: list[views.View[Any]] = [
    *(my_page(*words) for words in WORDS),
    *(choice(*words) for words in WORDS),
    *(told(title, *qualify.SENTENCE.findall(note)) for title, note in WORDS),
    choice(due=texts.MUST_BE_DONE_TODAY),
    choice(options=(*ALL_WAYS[1:], ALL_WAYS[0])),
    choice(options=ALL_WAYS[3:]),
    choice(options=CENTRAL_WAYS[1:]),
    choice(options=CENTRAL_WAYS[3:]),
    other(texts.NOT_RECOGNISED_TITLE, texts.NOT_RECOGNISED_NOTE, *CENTRAL_WAYS[1:]),
    choice(options=(ALL_WAYS[1], BOOKED_WAY, ALL_WAYS[4])),
    told(texts.NOT_DUE_TITLE, texts.NOT_DUE_ANY, texts.NOT_DUE_SOURCE, texts.NOT_DUE_EARLY),
    told(texts.NOT_YET_TITLE, texts.NOT_DUE_UNTIL),
    told(texts.NOT_NOW_DUE_TITLE, texts.NOT_DUE_ANY),
    told(texts.RENEW_TITLE.format(by=texts.MUST_BE_DONE_BY), texts.NOT_DUE_ANY),
    told(texts.NOT_NEEDED_TITLE, *texts.NOT_NEEDED_BODY),
    told(texts.REVIEWING_TITLE, *texts.REVIEWING_BODY),
    told(texts.WAITING_TITLE, *texts.WAITING_BODY),
    told(texts.WITHDRAW_ASK_TITLE, *texts.WITHDRAW_ASK_BODY),
    told(texts.WITHDRAWN_TITLE, *texts.WITHDRAWN_BODY),
    told(texts.WITHDRAWN_TITLE, *texts.WITHDRAWN_KEPT_BODY),
    views.ConsentRules(wire.CONSENT_VERSION, texts.CONSENT_RULES),
    *(look(phase, action) for phase in Phase for action in (None, *Action)),
    *(look(Phase.LOOKING, hint=hint) for hint in Hint),
    told(texts.NO_REFERENCE_TITLE, *texts.NO_REFERENCE_BODY),
    other(texts.NOT_RECOGNISED_TITLE, texts.NOT_RECOGNISED_NOTE),
    other(texts.COMPARE_TITLE, texts.COMPARE_NOTE, FaceWay.COMPARE, *ALL_WAYS[1:], FaceWay.AGAIN),
    other(texts.STOPPED_FACE_TITLE, texts.STOPPED_FACE_NOTE),
    other(texts.FACE_BROKEN_TITLE, texts.FACE_BROKEN_NOTE, again_note=texts.WAY_AGAIN_CAMERA),
    other(texts.FACE_IN_VAIN_TITLE, texts.FACE_IN_VAIN_NOTE),
    other(texts.FACE_OFFLINE_TITLE, texts.FACE_OFFLINE_NOTE, again_note=texts.WAY_AGAIN_NETWORK),
    other(texts.ENOUGH_TRIES_TITLE, texts.ENOUGH_TRIES_NOTE),
    other(texts.PICTURE_LEFT_TITLE, texts.PICTURE_LEFT_NOTE),
    told(texts.PICTURE_NOT_SENT_TITLE, *texts.PICTURE_NOT_SENT_BODY),
    told(texts.PICTURE_NOT_SENT_TITLE, *texts.PICTURE_GONE_BODY),
    told(texts.PICTURE_UNKNOWN_TITLE, *texts.PICTURE_UNKNOWN_BODY),
    told(texts.PICTURE_REFUSED_TITLE, *texts.PICTURE_REFUSED_BODY),
    told(texts.NOT_NOW_TITLE, *texts.NOT_NOW_BODY),
    views.SignForReview(STEPS, wire.CONSENT_VERSION),
    views.PresentCard(STEPS, staff=True),
    views.ChooseReason(()),
    told(texts.STAFF_UNKNOWN_TITLE, *texts.STAFF_UNKNOWN_BODY),
    told(texts.STAFF_IS_PERSON_TITLE, *texts.STAFF_IS_PERSON_BODY),
    told(texts.STAFF_NOT_SENT_TITLE, *texts.STAFF_NOT_SENT_BODY),
    told(texts.VISIT_ASK_TITLE, *VISIT),
    told(texts.VISIT_ASK_TITLE, "一般 3 个工作日内到家", *texts.VISIT_ASK_BODY),
    told(texts.VISIT_ASK_TITLE, "已经约好了，上门以前会先打电话", *texts.VISIT_ASK_BODY),
    told(texts.VISIT_BOOKED_TITLE, *BOOKED),
    told(texts.VISIT_BOOKED_NO_PHONE_TITLE, BOOKED[0], texts.VISIT_NO_PHONE, BOOKED[2]),
    told(texts.VISIT_KEPT_TITLE, *texts.VISIT_KEPT_BODY),
    told(texts.VISIT_REFUSED_TITLE, *texts.VISIT_REFUSED_BODY),
    told(texts.VISIT_BOOKED_TITLE, texts.VISIT_PRINTED),
    told(texts.VISIT_KEPT_TITLE, texts.VISIT_NOT_PRINTED),
    views.ChildrensPhone("https://card.example/help", texts.PHONE_WAY_NOTE),
    told(texts.WINDOW_TITLE, *WINDOW),
    ended(CertifiedState.ACCEPTED, next_date="2027年11月22日", next_from="2027年9月23日"),
    ended(CertifiedState.ACCEPTED, printing=True),
    ended(CertifiedState.ACCEPTED, printed=True),
    ended(CertifiedState.PENDING),
    ended(CertifiedState.UNDER_REVIEW, can_withdraw=True),
    told(texts.REMINDER_NOT_PRINTED_TITLE, *texts.REMINDER_NOT_PRINTED_BODY),
    told(texts.REMINDER_NOT_PRINTED_TITLE, *texts.REMINDER_NOT_PRINTED_OPEN_BODY),
    views.TakeCard(),
    told(texts.NO_CENTRE_TITLE, *texts.NO_CENTRE_BODY),
    told(texts.NO_SERVICE_TITLE, *texts.NO_SERVICE_BODY),
    told(texts.NO_READER_TITLE, *texts.NO_READER_BODY),
]


def keys_of(view: views.View[Any]) -> tuple[str, ...]:
    said = speech(view, BOOK)
    return (*said.lines, *([said.hint] if said.hint else []))


def said_words(keys: Iterator[str] | tuple[str, ...]) -> str:
    return "|".join(plain(CATALOGUE[key]["text"]) for key in keys)


def whole_sentences(words: str) -> list[str]:
    """Without the line breaks of a title."""
    return [plain(part) for part in re.split("[。？]", words) if plain(part)]


PLAYED = dict.fromkeys(chain.from_iterable(map(keys_of, PAGES)))
SPOKEN = {part for key in PLAYED for part in whole_sentences(CATALOGUE[key]["text"])}


@pytest.mark.parametrize("view", PAGES, ids=lambda view: getattr(view, "title", "") or type(view).__name__)
def test_a_page_says_its_heading_and_all_that_has_no_figure(view: views.View[Any]) -> None:
    said = said_words(speech(view, BOOK).lines)
    assert said
    for passage in spoken.passages(view):
        unsaid = [part for part in sentences(*passage) if plain(part) not in said]
        assert all(FIGURE.search(part) for part in unsaid), unsaid


def headings(view: views.View[Any]) -> list[str]:
    """What is said of a page, clip by clip, that names a way."""
    named = [texts.WAY_FACE, texts.WAY_STAFF, texts.WAY_HOME_VISIT, texts.WAY_HOME_VISIT_BOOKED]
    named += [texts.WAY_PHONE, texts.WAY_WINDOW, texts.WAY_AGAIN[:1], texts.WAY_COMPARE[:1]]
    said = [plain(CATALOGUE[key]["text"]) for key in speech(view, BOOK).lines]
    return [one for one in said if any(one.startswith(plain(word)) for words in named for word in words)]


def test_a_choice_reads_out_every_way_in_the_order_it_is_shown() -> None:
    """If some were read out and others not, the machine would choose."""
    face, *others = headings(choice())
    assert face.startswith(plain(texts.WAY_FACE[0])) and plain(texts.WAY_FACE_NOTE) in face
    shown = [texts.WAY_STAFF[0], texts.WAY_HOME_VISIT[1], texts.WAY_PHONE[1], texts.WAY_WINDOW[1]]
    assert others == [plain(words) for words in shown]


def test_after_failed_tries_the_face_is_read_out_last_and_as_whole() -> None:
    *others, face = headings(choice(options=(*ALL_WAYS[1:], ALL_WAYS[0])))
    shown = [texts.WAY_STAFF[0], texts.WAY_HOME_VISIT[1], texts.WAY_PHONE[1], texts.WAY_WINDOW[1]]
    assert others == [plain(words) for words in shown]
    assert plain(texts.WAY_FACE_NOTE) in face


def test_a_visit_that_is_booked_is_not_read_out_as_one_to_book() -> None:
    assert headings(choice(options=(ALL_WAYS[1], BOOKED_WAY, ALL_WAYS[4]))) == [
        plain(words) for words in (texts.WAY_STAFF[0], texts.WAY_HOME_VISIT_BOOKED[0], texts.WAY_WINDOW[1])
    ]


def test_the_other_ways_are_read_out_as_well() -> None:
    view = other(texts.COMPARE_TITLE, texts.COMPARE_NOTE, FaceWay.COMPARE, *ALL_WAYS[1:], FaceWay.AGAIN)
    shown = [texts.WAY_COMPARE, texts.WAY_STAFF, texts.WAY_HOME_VISIT, texts.WAY_PHONE, texts.WAY_WINDOW]
    assert headings(view) == [plain(words[0]) for words in (*shown, texts.WAY_AGAIN)]


def yearly_check() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Name and words of every text of the yearly check in kiosk/texts.py, by its headings there."""
    inside = False
    for line in Path(texts.__file__).read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            heading = line.removeprefix("# ---").removeprefix("#").strip()
            if heading in ("tiers", "screens of the tablet"):
                inside = False
            elif heading.startswith(("the yearly check:", "screens of the yearly check")):
                inside = True
        name = re.match(r"[A-Z_]+(?=: Final)", line)
        if name and (inside or name[0].startswith("CERT_")):
            value = getattr(texts, name[0])
            yield name[0], (value,) if isinstance(value, str) else value


def unsaid(words: tuple[str, ...]) -> list[str]:
    """What of these words no page says, figures apart: neither as they stand, nor with what stands beside them on the page."""
    if all(sentence in SPOKEN for each in words for sentence in whole_sentences(each)):
        return []
    played = Book({key: CATALOGUE[key]["text"] for key in PLAYED})
    parts, at, left = sentences(*words), 0, []
    while at < len(parts):
        start = at
        key, at = spoken.longest(parts, start, played)
        if not key and plain(parts[start]) not in SPOKEN and not FIGURE.search(parts[start]):
            left.append(parts[start])
    return left


def test_the_headings_of_the_texts_are_found() -> None:
    names = {name for name, _ in yearly_check()}
    assert {
        "CERT_DUE_TITLE",
        "NOT_DUE_TITLE",
        "COMPARE_NOTE",
        "VISIT_KEPT_BODY",
        "SIGN_TICK",
        "CHILDREN_TITLE",
    } <= names
    assert not {"CARD_TITLE", "PAID_TITLE", "SLIP_TITLE", "TABLET_NAME"} & names


def test_every_text_of_the_check_is_spoken_or_on_the_list() -> None:
    assert {name for name, words in yearly_check() if unsaid(words)} - NOT_SAID.keys() == set()


def test_the_list_names_nothing_that_is_spoken_or_gone() -> None:
    assert NOT_SAID.keys() - {name for name, words in yearly_check() if unsaid(words)} == set()


def test_every_heading_of_the_flows_is_spoken() -> None:
    """Whatever a flow of the check tells, in whichever part of the texts it stands."""
    elsewhere = {"NAME_DIFFERS_TITLE", "CARD_EXPIRED_TITLE"}  # who the person is: before any service
    named = set()
    for flow in FLOWS:
        source = (ROOT / f"kiosk/flows/{flow}.py").read_text(encoding="utf-8")
        named |= set(re.findall(r"texts\.([A-Z_]+_TITLE)\b", source))
    of_money = {
        "CHECKING_TITLE",
        "PAID_OWED_TITLE",
        "NOTHING_DUE_TITLE",
        "OWED_TITLE",
        "REFUND_TITLE",
        "REFUNDED_TITLE",
    }
    heard = {name for name in named if not unsaid((getattr(texts, name),))}
    assert {"VISIT_ASK_TITLE", "COMPARE_TITLE"} <= heard
    assert named - heard - elsewhere - of_money == set()


def test_every_class_of_page_of_the_flows_is_here() -> None:
    shown = {
        name
        for flow in FLOWS
        for name in re.findall(
            r"\b([A-Z]\w+)\(", (ROOT / f"kiosk/flows/{flow}.py").read_text(encoding="utf-8")
        )
        if isinstance(getattr(views, name, None), type) and issubclass(getattr(views, name), views.View)
    }
    assert "ChooseReason" in shown
    assert shown - {type(view).__name__ for view in PAGES} == SILENT_VIEWS.keys()


def test_the_flow_shows_the_rules_that_are_spoken() -> None:
    assert ways.NOTES[WayKey.FACE] == texts.WAY_FACE_NOTE
    whole = speech(views.ConsentRules(wire.CONSENT_VERSION, texts.CONSENT_RULES), BOOK).lines
    assert plain("".join([texts.RULES_TITLE, *texts.CONSENT_RULES])) == plain(
        "".join(CATALOGUE[key]["text"] for key in whole)
    )


def test_no_clip_lies_here_that_nothing_can_play() -> None:
    assert CATALOGUE.keys() - PLAYED.keys() == set()


# --- the gate


@pytest.mark.parametrize("key", CATALOGUE)
def test_the_recogniser_heard_in_the_clip_what_its_line_says(key: str) -> None:
    clip = (VOICE / "yunxi" / f"{key}.ogg").read_bytes()
    assert HEARD[key]["clip"] == hashlib.sha256(clip).hexdigest(), "another clip than the recogniser heard"
    assert HEARD[key]["heard"] == re.sub(r"[^a-z]", "", CATALOGUE[key]["pinyin"])


def test_only_clips_were_heard() -> None:
    assert HEARD.keys() == CATALOGUE.keys()
