"""Sound comes out, says what is shown, waits for its turn, and never keeps anybody waiting."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sample_views import EVERY, PLAIN, look

from kiosk import views
from kiosk.face.guidance import Action, Guidance, Phase
from kiosk.face.verdicts import Hint
from kiosk.spoken import plain
from tests.screens.test_taps import by_answer

SPEAKING = (
    *("choose-way", "consent-rules", "face-", "sign", "choose-reason", "certified", "childrens", "staff"),
    *("my-page", "take-card"),
)
ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = tomllib.loads((ROOT / "assets/voice/catalogue.toml").read_text(encoding="utf-8"))["lines"]


class Sound:
    """A sound of Kivy's: ``length`` 0 is no sound card."""

    def __init__(self, length: float) -> None:
        self.length, self.played, self.stopped = length, 0, 0

    def play(self) -> None:
        self.played += 1

    def stop(self) -> None:
        self.stopped += 1


@pytest.fixture
def voice(stage: Any) -> Any:
    """The window's voice with sounds of two seconds, that no card plays; its turns are taken by hand."""
    from screens.voice import Voice

    made = Voice(stage.watch)
    made._sounds = {key: Sound(2.0) for key in CATALOGUE}
    before = stage.app._voice
    stage.app._voice = made
    yield made
    stage.app.close_pages()
    stage.app._voice = before


def listen(stage: Any, voice: Any, seconds: float) -> list[str]:
    before = len(voice.said)
    for _ in range(round(seconds * 10)):
        stage.watch.at_s += 0.1
        voice._turn(0.1)
    return voice.said[before:]


def shown(page: Any) -> str:
    """Everything in the body of the page in drawing order, without punctuation."""
    from screens.drawing import Text

    found: list[str] = []

    def gather(box: Any) -> None:
        if isinstance(box, Text):
            found.append(box.text)
        for child in getattr(box, "boxes", []):
            gather(child)

    gather(page.content)
    return plain("".join(found))


@pytest.mark.parametrize("name", EVERY)
def test_what_is_said_is_shown(name: str, stage: Any) -> None:
    if isinstance(EVERY[name], views.StillThere):
        return
    stage.app.draw(EVERY[name])
    said = stage.app.voice().speech(EVERY[name])
    words = shown(stage.app.page)
    for key in (*said.lines, said.hint):
        for sentence in (CATALOGUE[key]["text"] if key else "").split("。"):
            assert plain(sentence) in words


@pytest.mark.parametrize("name", EVERY)
def test_there_is_a_button_to_hear_it_again_where_there_is_something_to_hear(name: str, stage: Any) -> None:
    if isinstance(EVERY[name], views.StillThere):
        return
    stage.app.draw(EVERY[name])
    speaks = bool(stage.app.voice().speech(EVERY[name]).lines)
    takes_a_tap = not isinstance(EVERY[name], views.TakeCard)  # which answers to the card alone
    assert ("again" in {press.answer for press in stage.app.page.presses()}) == (speaks and takes_a_tap)
    assert speaks == (name.startswith(SPEAKING) and name != "my-page-bare")  # nothing on it is worth a word


def test_again_comes_and_goes_with_the_words_of_a_page(stage: Any) -> None:
    page = stage.mount(EVERY["my-page-bare"])
    assert "again" not in {press.answer for press in page.presses()}
    stage.app.draw(EVERY["my-page-full"])
    assert stage.app.page is page
    assert "again" in {press.answer for press in page.presses()}
    assert tuple(page.bar.size) == (1080, 168)


def test_a_page_says_its_title_then_the_consent_and_the_other_ways_and_no_more(
    stage: Any, voice: Any
) -> None:
    stage.mount(PLAIN["choose-way"])
    assert listen(stage, voice, 0.2) == ["choose_way"]
    assert listen(stage, voice, 1.8) == []  # it is being said
    assert listen(stage, voice, 20) == ["consent", "way_staff", "way_home_visit_button"]


def test_speech_is_not_cut_off_by_the_next_screen(stage: Any, voice: Any) -> None:
    stage.mount(PLAIN["choose-way"])
    listen(stage, voice, 0.5)
    stage.mount(PLAIN["face-looking"])
    assert voice._sounds["choose_way"].stopped == 0
    assert listen(stage, voice, 0.3) == []
    assert listen(stage, voice, 3)[0] == "face_look"
    assert voice._sounds["consent"].played == 0


def test_the_button_says_it_again(stage: Any, voice: Any) -> None:
    stage.mount(PLAIN["certified"])
    assert listen(stage, voice, 10) == ["certified", "certified_next"]
    stage.tap(by_answer("again"))
    assert stage.answers == []
    assert listen(stage, voice, 10) == ["certified", "certified_next"]


def test_the_card_that_is_taken_does_not_make_my_page_speak_anew(stage: Any, voice: Any) -> None:
    page = replace(EVERY["my-page-full"], card_present=True)
    stage.mount(page)
    assert listen(stage, voice, 3) == ["take_card", "cert_due"]
    stage.app.draw(replace(page, card_present=False))
    assert listen(stage, voice, 10) == ["yearly"]
    stage.app.draw(views.TakeCard())
    assert listen(stage, voice, 10) == ["take_card", "take_card_note"]


def test_actions_are_said_as_they_change_and_hints_between(stage: Any, voice: Any) -> None:
    def say(guidance: Guidance) -> None:
        stage.app.draw(replace(view, guidance=guidance))

    view = look(Guidance(Phase.LOOKING))
    stage.mount(view)
    said = listen(stage, voice, 3)
    say(Guidance(Phase.ACTING, Action.TURN_LEFT, 1, 2))
    said += listen(stage, voice, 3)
    say(Guidance(Phase.ACTING, Action.TURN_LEFT, 1, 2, progress=0.3))
    said += listen(stage, voice, 3)
    say(Guidance(Phase.ACTING, Action.TURN_LEFT, 1, 2, Hint.COME_CLOSER, 0.3))
    said += listen(stage, voice, 3)
    say(Guidance(Phase.COMPARING, None, 2, 2))
    said += listen(stage, voice, 3)
    assert said == ["face_look", "face_left", "hint_closer", "face_comparing"]


def test_without_a_sound_card_nothing_is_waited_for(stage: Any, voice: Any) -> None:
    voice._sounds = {key: Sound(0) for key in CATALOGUE}
    stage.mount(PLAIN["choose-way"])
    assert listen(stage, voice, 0.2) == ["choose_way", "consent"]


def test_a_clip_that_is_missing_is_silence(stage: Any, voice: Any) -> None:
    voice._sounds = dict.fromkeys(CATALOGUE)
    stage.mount(PLAIN["certified"])
    assert listen(stage, voice, 1) == ["certified", "certified_next"]


def test_leaving_for_good_ends_what_is_said(stage: Any, voice: Any) -> None:
    stage.mount(PLAIN["certified"])
    listen(stage, voice, 0.3)
    stage.app.close_pages()
    assert voice._sounds["certified"].stopped == 1
    assert listen(stage, voice, 5) == []


def test_a_silent_installation_still_shows_everything(
    stage: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from screens import voice as module

    monkeypatch.setattr(module, "CATALOGUE", tmp_path / "nothing.toml")
    before, stage.app._voice = stage.app._voice, None
    try:
        page = stage.mount(PLAIN["certified"])
        assert "again" not in {press.answer for press in page.presses()}
    finally:
        stage.app._voice = before


SPEAK = """
import time
from kiosk.config import Screen
from screens import environment
environment.prepare(Screen(fullscreen=False), "offscreen")
from kivy.base import EventLoop
from kivy.core.window import Window
EventLoop.ensure_window()
from kiosk import views
from screens.voice import Voice
voice = Voice(time.monotonic)
started = time.monotonic()
voice.show(views.Certified(views.Steps((), 0), views.CertifiedState.ACCEPTED, "", (), False))
while voice._turning is not None and time.monotonic() - started < 20:
    EventLoop.idle()
print(voice.said, "waited" if voice._until else "went on")
"""


def speak(driver: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SPEAK],
        env={**os.environ, "SDL_AUDIODRIVER": driver, **env},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def test_sound_really_comes_out(tmp_path: Path) -> None:
    """SDL writes to a file what it would have given to the sound card: 44.1 kHz, 16 bits, two channels."""
    raw = tmp_path / "heard.raw"
    done = speak("disk", SDL_DISKAUDIOFILE=str(raw))
    assert done.stdout == "['certified'] waited\n"
    samples = memoryview(raw.read_bytes()).cast("h")
    loud = sum(abs(sample) > 1000 for sample in samples)
    assert loud > 44_100  # half a second of two channels


def test_a_sound_driver_that_is_not_there_keeps_nobody_waiting() -> None:
    assert speak("nosuchdriver").stdout == "['certified'] went on\n"
