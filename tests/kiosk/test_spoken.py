"""What is said, and when: a table from views to clips, and a prompter with a clock of its own."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from kiosk import spoken, texts, views
from kiosk.face.booth import Picture
from kiosk.face.guidance import Action, Guidance, Phase
from kiosk.face.verdicts import Hint
from kiosk.flows import ways
from kiosk.spoken import Book, Prompter, Speech, asked, plain, speech
from kiosk.views import CertifiedState, FaceWay, WayKey, WayOption

VOICE = Path(__file__).resolve().parents[2] / "assets" / "voice"
CATALOGUE = tomllib.loads((VOICE / "catalogue.toml").read_text(encoding="utf-8"))["lines"]
BOOK = Book.read(VOICE / "catalogue.toml")
STEPS = views.Steps(views.CERTIFY_STEPS, 2)


class Nothing:
    def read(self, after: int) -> Picture | None:
        return None


def look(phase: Phase, action: Action | None = None, hint: Hint | None = None) -> views.FaceLook:
    return views.FaceLook(STEPS, Guidance(phase, action, 1, 3, hint), Nothing())


def certified(state: CertifiedState, **more: Any) -> views.Certified:
    return views.Certified(STEPS, state, **{"next_date": "", "rows": (), "can_print": False, **more})


def my_page(title: str, note: str) -> views.MyPage:
    banner = views.CertificationBanner(title, note, views.Tone.GO)
    return views.MyPage("张秀英", "3710••••••••0042", True, banner, (), False)


FACE = WayOption(WayKey.FACE, texts.WAY_FACE_NOTE)
STAFF = WayOption(WayKey.STAFF, texts.WAY_STAFF_NOTE)
SAYS: list[tuple[views.View[object], list[str]]] = [
    (
        views.ChooseWay(STEPS, (FACE, STAFF), "2026-01"),
        ["choose_way", "consent", "way_staff", "way_staff_note"],
    ),
    (views.ChooseWay(STEPS, (STAFF,), "2026-01"), ["choose_way", "way_staff", "way_staff_note"]),
    (look(Phase.OPENING), ["face_look"]),
    (look(Phase.LOOKING), ["face_look"]),
    (look(Phase.ACTING, Action.BLINK), ["face_blink"]),
    (look(Phase.ACTING, Action.TURN_LEFT), ["face_left"]),
    (look(Phase.ACTING, Action.TURN_RIGHT), ["face_right"]),
    (look(Phase.ACTING, Action.NOD), ["face_nod"]),
    (look(Phase.RETURNING, Action.TURN_LEFT), ["face_straight"]),
    (look(Phase.RETURNING, Action.NOD), ["face_ahead"]),
    (look(Phase.COMPARING), ["face_comparing"]),
    (
        views.FaceOtherWays(STEPS, texts.NOT_RECOGNISED_TITLE, texts.NOT_RECOGNISED_NOTE, (FaceWay.AGAIN,)),
        ["not_recognised", "way_again", "way_again_note"],
    ),
    (
        views.FaceOtherWays(STEPS, texts.COMPARE_TITLE, texts.COMPARE_NOTE, (FaceWay.COMPARE,)),
        ["compare", "compare_ways", "unaffected", "way_compare", "way_compare_note"],
    ),
    (
        views.FaceOtherWays(STEPS, texts.STOPPED_FACE_TITLE, texts.STOPPED_FACE_NOTE, (FaceWay.AGAIN,)),
        ["withdrawn", "others_as_valid", "way_again", "way_again_note"],
    ),
    (
        views.FaceOtherWays(STEPS, texts.FACE_BROKEN_TITLE, texts.FACE_BROKEN_NOTE, (FaceWay.AGAIN,)),
        ["no_camera", "not_your_fault", "way_again", "way_again_note"],
    ),
    (
        views.FaceOtherWays(STEPS, "谁也没有录过的话", "也没有这一句。", (FaceWay.AGAIN,)),
        ["way_again", "way_again_note"],
    ),
    (views.SignForReview(STEPS, "2026-01"), ["sign_review", "sign_tick", "sign_note"]),
    (
        views.ConsentRules("2026-02", texts.CONSENT_RULES),
        ["rules", "rules_how", "rules_what", "rules_unsure", "rules_unwilling", "rules_take_back"],
    ),
    (views.ChooseReason(()), ["choose_reason"]),
    (views.TakeCard(), ["take_card", "take_card_note"]),
    (
        my_page("资格认证：该做这一次了", "刷脸两分钟。请在 2026年12月31日前做好"),
        ["take_card", "cert_due", "two_minutes"],
    ),
    (
        my_page("资格认证：该做这一次了", "刷脸两分钟。请在今天做好"),
        ["take_card", "cert_due", "two_minutes", "by_today"],
    ),
    (my_page("谁也没有录过的话", "刷脸两分钟"), ["take_card"]),
    (certified(CertifiedState.ACCEPTED), ["certified"]),
    (certified(CertifiedState.PENDING), ["certified_pending", "no_second_time", "see_anywhere"]),
    (certified(CertifiedState.UNDER_REVIEW), ["certified_review", "no_second_time", "see_anywhere"]),
    (certified(CertifiedState.ACCEPTED, next_date="2027年11月22日"), ["certified", "certified_next"]),
    (certified(CertifiedState.ACCEPTED, printing=True), ["certified", "certified_printing"]),
    (certified(CertifiedState.ACCEPTED, printed=True), ["certified", "certified_printed"]),
    (views.ChildrensPhone("https://card.example/help", "x"), ["children_phone"]),
    (views.PresentCard(STEPS, staff=True), ["call_staff"]),
    (
        views.Attention("circle-check", texts.VISIT_BOOKED_TITLE, ("4 个工作日内",), texts.OK_LEAVE),
        ["visit_booked"],
    ),
    (views.Attention("badge-check", texts.NOT_DUE_TITLE, ("已认证。",), texts.OK_LEAVE), ["not_due"]),
]
SILENT: list[views.View[object]] = [
    views.Home(),
    views.PresentCard(STEPS),
    views.MyPage("张秀英", "3710••••••••0042", False, None, (), False),
    views.Working("正在查询，请稍等"),
    views.Attention("printer", texts.PAPER_OUT_TITLE, (texts.PAPER_LATER,), texts.OK_LEAVE),
    views.Paid(STEPS, (), views.PaperState.PRINTED, 1.0),
]


@pytest.mark.parametrize(("view", "keys"), SAYS)
def test_a_view_says_its_clips(view: views.View[object], keys: list[str]) -> None:
    assert list(speech(view, BOOK).lines) == keys


@pytest.mark.parametrize("view", SILENT)
def test_what_nobody_recorded_is_only_shown(view: views.View[object]) -> None:
    assert speech(view, BOOK) == Speech()


@pytest.mark.parametrize("hint", Hint)
def test_every_hint_is_spoken_as_it_is_shown(hint: Hint) -> None:
    key = speech(look(Phase.LOOKING, hint=hint), BOOK).hint
    assert plain(CATALOGUE[key]["text"]) == plain(spoken.hint_words(hint))


def test_every_clip_has_its_line_and_its_sound() -> None:
    sounds = {path.stem: path.stat().st_size for path in (VOICE / "yunxi").glob("*.ogg")}
    assert sounds.keys() == CATALOGUE.keys()
    assert min(sounds.values()) > 5_000


def test_no_two_lines_say_the_same() -> None:
    assert len({plain(line["text"]) for line in CATALOGUE.values()}) == len(CATALOGUE)


def test_what_the_face_check_may_say_is_all_recorded() -> None:
    assert [words for words in spoken.check_lines() if not BOOK.key(words)] == []


def test_the_consent_of_the_flow_is_the_consent_that_is_spoken() -> None:
    view = views.ChooseWay(STEPS, (WayOption(WayKey.FACE, ways.NOTES[WayKey.FACE]),), "2026-01")
    assert "consent" in speech(view, BOOK).lines


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("action", [None, *Action])
def test_there_is_something_to_do_in_every_phase(phase: Phase, action: Action | None) -> None:
    assert BOOK.key(asked(Guidance(phase, action)))


def test_as_many_sentences_as_were_recorded_together_are_one_clip() -> None:
    book = Book({"title": "甲", "both": "甲。乙", "three": "丙。", "all": "丁。戊。己"})
    said = [
        speech(views.Attention("clock", *words, "好"), book).lines
        for words in (("甲", ("乙。丙。",)), ("甲", ("丙。",)))
    ]
    assert said == [("both", "three"), ("title", "three")]
    # nothing without its heading
    assert speech(views.Attention("clock", "丁", ("丙。",), "好"), book).lines == ()


def test_another_punctuation_is_the_same_sentence_and_another_word_is_not() -> None:
    book = Book({"a": "请坐稳，看着屏幕。"})
    assert book.key("请坐稳", "看着屏幕") == "a"
    assert book.key("请坐好，看着屏幕") == ""


# --- when


class Watch:
    def __init__(self) -> None:
        self.at_s = 500.0

    def __call__(self) -> float:
        return self.at_s


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def prompter(watch: Watch) -> Prompter:
    return Prompter(watch)


def heard(prompter: Prompter, watch: Watch, seconds: float) -> list[str]:
    """What is said in so many seconds, looked for ten times a second; clips take no time here."""
    found = []
    for _ in range(round(seconds * 10)):
        watch.at_s += 0.1
        if key := prompter.due():
            found.append(key)
    return found


def test_a_title_is_said_once_and_in_order(prompter: Prompter, watch: Watch) -> None:
    prompter.show(Speech(("title", "consent")))
    assert heard(prompter, watch, 60) == ["title", "consent"]
    prompter.show(Speech(("title", "consent")))
    assert heard(prompter, watch, 60) == []
    assert not prompter.waits


def test_a_page_that_is_drawn_anew_says_only_what_it_has_not_said(prompter: Prompter, watch: Watch) -> None:
    prompter.show(Speech(("card", "title", "note")))
    assert [prompter.due(), prompter.due()] == ["card", "title"]
    prompter.show(Speech(("title", "note", "printed")), redrawn=True)
    assert heard(prompter, watch, 5) == ["note", "printed"]
    prompter.again()
    assert heard(prompter, watch, 5) == ["title", "note", "printed"]
    prompter.show(Speech(("title",)))
    assert heard(prompter, watch, 5) == ["title"]


def test_the_next_screen_drops_what_had_not_begun(prompter: Prompter, watch: Watch) -> None:
    prompter.show(Speech(("title", "consent")))
    assert prompter.due() == "title"
    prompter.show(Speech(("next",)))
    assert heard(prompter, watch, 5) == ["next"]


def test_a_screen_that_comes_back_is_said_again(prompter: Prompter, watch: Watch) -> None:
    for lines in (("a",), (), ("a",)):
        prompter.show(Speech(lines))
        heard(prompter, watch, 1)
    prompter.show(Speech(("a",)))
    assert heard(prompter, watch, 1) == []
    prompter.show(Speech())
    prompter.show(Speech(("a",)))
    assert heard(prompter, watch, 1) == ["a"]


def test_again_repeats_everything_and_many_presses_repeat_it_once(prompter: Prompter, watch: Watch) -> None:
    prompter.show(Speech(("a", "b")))
    heard(prompter, watch, 1)
    for _ in range(3):
        prompter.again()
    assert heard(prompter, watch, 5) == ["a", "b"]


def test_a_hint_that_stays_is_repeated_but_seldom(prompter: Prompter, watch: Watch) -> None:
    prompter.show(Speech(("a",), "closer"))
    assert heard(prompter, watch, 0.5) == ["a"]
    assert heard(prompter, watch, 1) == ["closer"]
    assert heard(prompter, watch, 5) == []
    assert heard(prompter, watch, 6) == ["closer"]


def test_a_hint_that_flickers_is_not_said(prompter: Prompter, watch: Watch) -> None:
    said = []
    for _ in range(10):
        prompter.show(Speech((), "dark"))
        said += heard(prompter, watch, 0.3)
        prompter.show(Speech((), ""))
        said += heard(prompter, watch, 0.3)
    assert said == []


def test_hints_that_alternate_are_not_a_chatter(prompter: Prompter, watch: Watch) -> None:
    said = []
    for n in range(10):
        prompter.show(Speech((), "dark" if n % 2 else "closer"))
        said += heard(prompter, watch, 1)
    assert len(said) <= 4


def test_what_is_asked_goes_before_a_hint(prompter: Prompter, watch: Watch) -> None:
    prompter.show(Speech(("a",), "closer"))
    heard(prompter, watch, 0.1)
    prompter.show(Speech(("b",), "closer"))
    assert heard(prompter, watch, 1) == ["b", "closer"]


def test_silence_forgets_the_visit(prompter: Prompter, watch: Watch) -> None:
    prompter.show(Speech(("a", "b"), "closer"))
    prompter.silence()
    assert heard(prompter, watch, 20) == []
    prompter.again()
    assert heard(prompter, watch, 20) == []
