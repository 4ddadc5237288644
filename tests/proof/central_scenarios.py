"""The situations from which every schedule starts.  ``central_visit`` says what the words of a script mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.proof.central_books import Manners

ALONE: Mapping[str, str] = {"A": "zhang"}
USUAL = Manners()
SAME: Mapping[str, str] = {"A": "zhang", "B": "zhang"}


@dataclass(frozen=True)
class Scenario:
    """``orders``: kiosk -> whose dues it orders.  ``may``: moves that come only when a schedule says so.

    ``bank`` is the last digit of the scanned code.  ``silent_kiosks`` die and never ask again.  With ``bill`` the day's
    bill makes central ask about every order once more; without it, central has to find everything out by itself.
    ``disputable``: the gateway may leave an order that only a person can decide.
    """

    name: str
    about: str
    script: str
    may: str = "sweep notice:A"
    orders: Mapping[str, str] = field(default_factory=lambda: ALONE)
    bank: str = "3"
    manners: Manners = USUAL
    bill: bool = False
    disputable: bool = False
    silent_kiosks: str = ""


SCENARIOS = (
    Scenario("pays at once", "the money is there at the first look", "A.put pay:A A.poll A.print"),
    Scenario("pays later", "the first look finds nothing", "A.put A.poll pay:A A.poll A.print"),
    Scenario(
        "never pays", "the kiosk gives up; the payer may still come", "A.put A.poll A.close", "pay:A sweep"
    ),
    Scenario(
        "pays while closing",
        "kiosk, payer and sweep at the same time",
        "A.put pay:A A.close",
        "sweep notice:A",
    ),
    Scenario(
        "pays after the close",
        "the money goes back, and the citizen pays again meanwhile",
        "A.put A.close pay:A B.put pay:B B.poll",
        "sweep notice:A",
        SAME,
    ),
    Scenario(
        "a slow refund",
        "the gateway takes four asks to send money back",
        "A.put A.close pay:A sweep",
        "notice:A",
        manners=Manners(refund_asks=4),
    ),
    Scenario(
        "a refund at once",
        "done at the first ask",
        "A.put A.close pay:A sweep",
        "notice:A A.poll",
        manners=Manners(refund_asks=1),
    ),
    Scenario(
        "expires",
        "the kiosk dies; only time and the sweep are left",
        "A.put expire sweep",
        "pay:A notice:A",
        silent_kiosks="A",
    ),
    Scenario(
        "pays as it expires",
        "the money comes in the last second",
        "A.put A.poll expire pay:A sweep A.poll",
        "notice:A",
    ),
    Scenario(
        "expires unasked",
        "the create never got through, and the kiosk is gone",
        "A.put expire",
        "sweep A.again",
        silent_kiosks="A",
    ),
    Scenario(
        "another amount", "one fen instead of the sum", "A.put wrong:A A.poll A.close", "sweep notice:A"
    ),
    Scenario("another amount, late", "one fen after the close", "A.put A.close wrong:A", "sweep notice:A"),
    Scenario(
        "a close before the create", "the create is long on its way", "A.close", "A.again A.other sweep"
    ),
    Scenario(
        "a create that comes twice",
        "a copy of the create comes at any time",
        "A.put A.poll A.close",
        "A.again pay:A",
    ),
    Scenario(
        "the same number, another body",
        "a second body under a number in use",
        "A.put pay:A A.poll",
        "A.other A.again",
    ),
    Scenario(
        "two kiosks, one due",
        "one gives up, the other pays",
        "A.put B.put A.close C.put pay:C C.poll",
        "pay:A sweep",
        {**SAME, "C": "zhang"},
    ),
    Scenario(
        "two kiosks at once",
        "both go on to the end; one is refused",
        "A.put B.put pay:A A.poll B.poll",
        "pay:B notice:A",
        SAME,
    ),
    Scenario(
        "dues that overlap",
        "one pays for two, the other for one of them",
        "A.put B.put A.close C.put pay:C C.poll",
        "pay:A sweep",
        {"A": "zhang daughter", "B": "daughter", "C": "daughter"},
    ),
    Scenario(
        "two payments at once",
        "different dues, the same day's receipt numbers",
        "A.put B.put pay:A pay:B A.poll B.poll",
        "sweep",
        {"A": "zhang", "B": "daughter"},
    ),
    Scenario(
        "a family",
        "two lines, two receipts, both printed",
        "A.put pay:A A.poll A.print",
        "notice:A sweep",
        {"A": "zhang daughter"},
    ),
    Scenario(
        "a scanned code", "the payer's code is scanned and pays", "A.put A.code A.poll A.print", "pay:A sweep"
    ),
    Scenario(
        "a code to confirm",
        "the phone asks the payer first",
        "A.put A.code pay:A A.poll",
        "notice:A expire",
        bank="7",
    ),
    Scenario("a code that is refused", "the bank says no", "A.put A.code A.close", "pay:A sweep", bank="8"),
    Scenario(
        "refused on the phone", "the payer presses no", "A.put refuse:A A.poll A.close", "pay:A notice:A"
    ),
    Scenario(
        "a close after the answer was lost",
        "paid, and the kiosk does not know",
        "A.put pay:A notice:A A.close A.print",
        "sweep",
    ),
    Scenario(
        "another kiosk looks",
        "the citizen goes to the next machine",
        "A.put pay:A visit A.poll",
        "sweep visit",
    ),
    Scenario(
        "looks while closing",
        "the citizen's page while the order is given up",
        "A.put visit A.close visit",
        "pay:A",
    ),
    Scenario(
        "copies",
        "two marked copies and the original",
        "A.put pay:A A.poll A.print copy1:A copy2:A",
        "copy3:A",
    ),
    Scenario(
        "already paid",
        "the due was paid at another kiosk a moment ago",
        "A.put pay:A A.poll B.put B.close",
        "notice:A sweep",
        SAME,
    ),
    Scenario(
        "pays twice",
        "the same money once more, as another payment: it goes back alone",
        "A.put pay:A A.poll more:A A.print",
        "notice:A sweep",
    ),
    Scenario(
        "pays twice before anybody looked",
        "of two payments the gateway shows the last",
        "A.put pay:A twice:A A.poll A.close",
        "notice:A sweep",
        bill=True,
    ),
    Scenario(
        "pays twice after the close",
        "both go back, each under its own number",
        "A.put A.close pay:A twice:A",
        "notice:A sweep",
        bill=True,
    ),
    Scenario(
        "taken back",
        "the gateway gives the money of a paid order back, unasked",
        "A.put pay:A A.poll takeback:A A.print",
        "notice:A sweep",
        disputable=True,
    ),
    Scenario(
        "taken back before anybody looked",
        "what came and went was never a payment",
        "A.put pay:A takeback:A A.poll A.close",
        "notice:A sweep",
        disputable=True,
    ),
    Scenario(
        "another payment instead",
        "the first is taken back, and another comes",
        "A.put pay:A A.poll takeback:A more:A",
        "notice:A sweep",
        bill=True,
        disputable=True,
    ),
    Scenario(
        "a refund that is refused",
        "the gateway will not send money back, days go by, then it does",
        "A.put A.close pay:A sweep days:A sweep",
        "notice:A",
        manners=Manners(refund_asks=4, refund_refusals=2),
    ),
    Scenario(
        "pays when nobody looks any more",
        "four days after the close: only a notice or the day's bill can tell",
        "A.put A.close days:A sweep pay:A",
        "notice:A",
        bill=True,
    ),
    Scenario(
        "not to be closed yet",
        "the gateway closes nothing in the first twenty seconds",
        "A.put A.close",
        "pay:A sweep notice:A",
        manners=Manners(close_after_s=20),
    ),
    Scenario(
        "little time to confirm",
        "the payer has 45 seconds to confirm a scanned code",
        "A.put A.code A.poll A.poll",
        "pay:A expire sweep",
        bank="7",
        manners=Manners(confirm_within_s=45.0),
    ),
)
