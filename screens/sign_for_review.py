"""Draws SignForReview.  Answers a Signature, but only once there is a tick and a name; 上一步 costs nothing."""

from __future__ import annotations

from kiosk import texts
from kiosk.views import Signature
from screens.buttons import Button, Choice
from screens.drawing import Icon
from screens.layout import Row
from screens.page import Body, Page
from screens.signature import SignatureField

FIELD_HIGH = 480.0


class SignForReviewScreen(Page):
    def body(self) -> Body:
        strokes = self.state.setdefault("strokes", [])
        self.box = Icon(self.ink, "square", 72, "brand")
        agree = Row(self.look, [self.box, self.text(texts.SIGN_TICK, 40, leading=1.35, grow=1)], gap=28)
        self.agree = Choice(self.ink, self.shell.guard, agree, self._toggle, "tick")
        self.field = SignatureField(self.ink, self.shell.guard, strokes, FIELD_HIGH, self._mark)
        self.field.grow = 50.0
        self.done = Button(self.ink, self.shell.guard, " ", self._hand_in, "done", primary=True)
        self._mark()
        rules = texts.WAY_RULES.format(version=self.view.consent_version)
        return Body(
            main=[
                self.title(texts.SIGN_TITLE),
                self.agree,
                self.column([self.note(texts.SIGN_NOTE, size=34), self.note(rules, size=34)], gap=4),
            ],
            side=[self.field],
            actions=[self.done],
            gap=30,
        )

    def _toggle(self) -> None:
        self.state["ticked"] = not self.state.get("ticked", False)
        self._mark()

    def _mark(self) -> None:
        """The button says what is still missing."""
        ticked, signed = self.state.get("ticked", False), self.field.signed
        self.box.name = "square-check" if ticked else "square"
        self.box.role = "go_ink" if ticked else "brand"
        if self.box.width:
            self.box.draw()
        self.agree.set_chosen(ticked)
        missing = texts.SIGN_NOT_TICKED if not ticked else texts.SIGN_NOT_SIGNED
        self.done.enabled = ticked and signed
        self.done.set_muted(not self.done.enabled)
        self.done.set_words(texts.SIGN_DONE if self.done.enabled else missing)

    def _hand_in(self) -> None:
        strokes = tuple(tuple(points) for points in self.state["strokes"])
        self.shell.answer(Signature(strokes))
