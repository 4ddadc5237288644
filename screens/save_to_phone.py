"""Draws SaveToPhone.  Answers None when the citizen is done."""

from __future__ import annotations

from kiosk import texts
from screens.drawing import Panel
from screens.figures import QrCode
from screens.layout import Centre, Column
from screens.page import Body, Page


class SaveToPhoneScreen(Page):
    def body(self) -> Body:
        number = f"{texts.PHONE_NUMBER} {grouped(self.view.receipt_no)}"
        code = Panel(
            self.look,
            Column(
                self.look,
                [
                    Centre(self.look, QrCode(self.look, self.view.qr, 860)),
                    self.text(number, 36, bold=True, role="ink_soft", align="centre"),
                ],
                gap=8,
            ),
            pad=32,
        )
        head = [
            self.title(texts.PHONE_TITLE, centred=True),
            self.note(texts.PHONE_NOTE, centred=True, size=40),
        ]
        return Body(
            main=[self.column([*head], gap=12), code],
            actions=[self.button(texts.PHONE_DONE, None, primary=True)],
        )


def grouped(number: str) -> str:
    """3710812611230042 as 3710 8126 1123 0042."""
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))
