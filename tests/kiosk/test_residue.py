"""After visits of every kind, no byte of the person is on the kiosk's disk."""

from __future__ import annotations

from kiosk.views import BACK, MyPageButton, PaidButton, PendingButton, RecordsButton
from tests.desk import WORLD
from tests.visitor import PENSION, Visitor

LEAVE = MyPageButton.LEAVE


def test_no_name_and_no_number_stays(visitor: Visitor) -> None:
    person = visitor.somebody()
    silence = visitor.cashier("silence")
    visitor.visit(*visitor.come(person), PENSION, "300", True, silence, BACK, PendingButton.DONE, LEAVE)
    other = visitor.somebody()
    visitor.visit(*visitor.come(other), PENSION, "500", True, visitor.cashier(), WORLD, PaidButton.DONE)
    visitor.visit(*visitor.come(other), MyPageButton.RECORDS, RecordsButton.PRINT, *_ack(), BACK, LEAVE)
    visitor.sweep()
    visitor.power_cut()
    kept = b"".join(path.read_bytes() for path in (visitor.folder / "data").rglob("*") if path.is_file())
    kept += visitor.log_text.getvalue().encode()
    assert len(kept) > 10_000  # there is something to search
    for someone in (person, other):
        for text in (someone["name"], someone["number"], someone["address"], someone["number"][6:14]):
            for encoding in ("utf-8", "utf-16-le", "gb18030"):
                assert text.encode(encoding) not in kept


def _ack() -> tuple[object, ...]:
    from kiosk.views import AttentionButton

    return (AttentionButton.FIRST,)
