"""Draws FieldVisit.  Answers a VisitButton, a Pick, or, from the main button under a SignPanel, the Signature."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kiosk import texts
from kiosk.field.views import (
    MirrorPanel,
    PhotoPanel,
    SignPanel,
    Task,
    TaskLine,
    TaskState,
    VisitButton,
    WordsPanel,
)
from kiosk.views import Signature
from screens.board import Headline
from screens.buttons import Button
from screens.drawing import Icon, Panel
from screens.field_page import Beside, ButtonLine, FieldPage
from screens.layout import Box, Column, Grid, Row, Space
from screens.panels import MirrorStage, Photo, SignStage, WordsStage

WORDS = {
    VisitButton.TYPE_NUMBER: texts.VISIT_TYPE_NUMBER,
    VisitButton.AGREE_PERSON: texts.VISIT_AGREE_PERSON,
    VisitButton.AGREE_GUARDIAN: texts.VISIT_AGREE_GUARDIAN,
    VisitButton.BY_HAND: texts.VISIT_BY_HAND,
    VisitButton.START_FACE: texts.VISIT_START_FACE,
    VisitButton.AGAIN: texts.VISIT_AGAIN,
    VisitButton.SHOOT: texts.VISIT_SHOOT,
    VisitButton.SHOOT_AGAIN: texts.VISIT_SHOOT_AGAIN,
    VisitButton.KEEP_PHOTO: texts.VISIT_KEEP_PHOTO,
    VisitButton.NO_PHOTO: texts.VISIT_NO_PHOTO,
    VisitButton.COMPARE: texts.VISIT_COMPARE,
    VisitButton.SAVE: texts.VISIT_SAVE,
    VisitButton.MORE: texts.VISIT_MORE,
    VisitButton.LEAVE: texts.VISIT_LEAVE,
}
ICONS = {
    Task.CARD: "id-card",
    Task.CONSENT: "user-round-check",
    Task.FACE: "scan-face",
    Task.PHOTO: "camera",
    Task.WITNESS: "signature",
}
AWAY = (  # never the one next step: what is awaited is a card, a face, a picture
    VisitButton.TYPE_NUMBER,
    VisitButton.NO_PHOTO,
    VisitButton.MORE,
    VisitButton.LEAVE,
)
MIRROR_HIGH = 420.0
BUTTON_HIGH = 140.0
STROKES, SIGNER = "strokes", "signer"


class FieldVisitScreen(FieldPage):
    def pane(self) -> Box:
        view = self.view
        if not isinstance(view.panel, SignPanel):
            self.state.pop(STROKES, None)
        name = self.text(view.name, 60, bold=True, leading=1.3)
        head = Headline(self.look, name, self.text(view.note or " ", 37, role="ink_soft", leading=1.35))
        self.stage = self._stage()
        boxes: list[Box] = [head]
        if self.look.landscape and isinstance(view.panel, WordsPanel | MirrorPanel):
            tasks = Column(self.look, [*self._tasks(), Space(self.look, grow=1)], gap=26)
            tasks.grow, self.stage.grow = 1.0, 1.2
            stage: Box = Beside(self.look, [self.stage, tasks], gap=40)
            stage.grow = 1.0
            boxes.append(stage)
        else:  # a signature and a photo want to be wide, upright a face wants to be high
            boxes.append(self.stage)
            if isinstance(view.panel, WordsPanel):
                boxes.append(Grid(self.look, self._tasks(), 2, gap=20))
        return Column(self.look, boxes, gap=36)

    def buttons(self) -> ButtonLine | None:
        if not self.view.buttons:
            return None
        line = ButtonLine(self.look, [self._button(button) for button in self.view.buttons])
        self.main = line.main
        self._mark()
        return line

    def _stage(self) -> Box:
        panel = self.view.panel
        if isinstance(panel, WordsPanel):
            return WordsStage(self.ink, panel.icon, panel.lines, panel.tone)
        if isinstance(panel, MirrorPanel):
            return MirrorStage(self.ink, panel.preview, panel.guidance, MIRROR_HIGH)
        if isinstance(panel, PhotoPanel):
            return Photo(self.ink, panel)
        if self.state.get(SIGNER) != panel.who:
            self.state[SIGNER], self.state[STROKES] = panel.who, []
        strokes = self.state.setdefault(STROKES, [])
        return SignStage(self.ink, self.shell.guard, panel.who, strokes, self._mark)

    def _tasks(self) -> list[Box]:
        return [self._task(line) for line in self.view.tasks]

    def _task(self, line: TaskLine) -> Panel:
        now, done = line.state is TaskState.NOW, line.state is TaskState.DONE
        icon, role = ("circle-check", "ok") if done else (ICONS[line.task], "go_ink" if now else "ink_soft")
        words = self.text(line.words, 40, bold=True, leading=1.3, grow=1)
        row = Row(self.look, [Icon(self.ink, icon, 66, role), words], gap=24)
        return Panel(self.look, row, border="go" if now else "line", radius=36, pad=40, side_pad=42)

    def _button(self, button: VisitButton) -> Button:
        main = button is self.view.buttons[-1]
        words = self.view.next_words if main and self.view.next_words else WORDS[button]
        if main and isinstance(self.view.panel, SignPanel):
            return Button(
                self.ink,
                self.shell.guard,
                words,
                self._hand_in,
                button,
                primary=True,
                high=BUTTON_HIGH,
            )
        led_away = isinstance(self.view.panel, MirrorPanel) or button in AWAY
        return self.button(words, button, primary=main and not led_away, high=BUTTON_HIGH)

    def _mark(self) -> None:
        """Under a field to sign in the main button says what is missing."""
        if not isinstance(self.stage, SignStage) or not self.view.buttons:
            return
        self.main.enabled = self.stage.field.signed
        self.main.set_muted(not self.main.enabled)
        words = self.view.next_words or WORDS[self.view.buttons[-1]]
        self.main.set_words(words if self.main.enabled else texts.SIGN_NOT_SIGNED)

    def _hand_in(self) -> None:
        self.shell.answer(Signature(tuple(tuple(points) for points in self.state[STROKES])))

    # --- a newer view

    def same_question(self, old: Any) -> bool:
        return bool(old.name == self.view.name)

    def redraw_pane(self, old: Any) -> bool:
        view = self.view
        if self.pane_box is None or replace(old, board=view.board, panel=view.panel) != view:
            if old.buttons != view.buttons:
                self.shell.guard.hush()  # a card was read, and another button is under the finger
            return False
        if old.panel == view.panel:
            return True
        if not isinstance(view.panel, MirrorPanel) or not isinstance(self.stage, MirrorStage):
            return False
        if view.panel.preview is not self.stage.mirror.preview:
            return False
        self.stage.mirror.tell(view.panel.guidance)
        return True
