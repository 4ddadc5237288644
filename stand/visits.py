"""The five visits of the demo, as a visitor would tell them."""

from __future__ import annotations

import time
from typing import Any

from kiosk import texts, views, wire
from kiosk.face.guidance import Phase
from kiosk.views import (
    AttentionButton,
    CertifiedButton,
    CertifiedState,
    MyPageButton,
    PaidButton,
    PaperState,
    PendingButton,
    RecordsButton,
    Service,
    WayKey,
)
from screens import taps
from stand.hands import Hands
from stand.player import NeverCame, Player

PENSION = "resident_pension"
CENTRAL_HEARS_S = 30.0


def play_all(player: Player, hands: Hands) -> None:
    first, second, third = cast(hands)
    pays_by_code(player, hands, first)
    network_drops_after_the_money_moved(player, hands, second)
    asks_and_reprints(player, hands, first)
    printer_without_paper(player, hands, third)
    yearly_check(player, hands, hands.pensioner())


def cast(hands: Hands) -> list[dict[str, Any]]:
    """张秀英, and two more who owe this year's pension contribution: one with a rare character in the name if there is one."""
    owing = [hands.people("张秀英")[0]]
    for query in ("𠮷", "䶮", "堃", "喆", "resident", ""):
        for person in hands.people(query):
            if (
                len(owing) < 3
                and "staff" not in person["tags"]
                and person["number"] not in {p["number"] for p in owing}
                and owes(hands, person)
            ):
                owing.append(person)
                break
    if len(owing) < 3:
        raise NeverCame("the township has nobody who owes a contribution")
    return owing


def owes(hands: Hands, person: dict[str, Any]) -> bool:
    page = hands.page(person)
    return any(d.product == PENSION and d.state is wire.DueState.DUE and len(d.tiers) > 1 for d in page.dues)


# --- the visits ------------------------------------------------------------------------------------------------------


def pays_by_code(player: Player, hands: Hands, person: dict[str, Any]) -> None:
    player.chapter = "一 · 扫码缴居民养老"
    come(player, hands, person)
    choose_pension(player, "1000")
    player.wait(views.PayByQr)
    hands.pay()
    player.wait(views.Paid, lambda v: v.paper is PaperState.PRINTING)
    player.wait(views.Paid, lambda v: v.paper is PaperState.PRINTED)
    player.tap(taps.by_answer(PaidButton.DONE))
    player.wait(views.Goodbye, picture=False)


def network_drops_after_the_money_moved(player: Player, hands: Hands, person: dict[str, Any]) -> None:
    player.chapter = "二 · 付了款，网络断了"
    come(player, hands, person)
    choose_pension(player, None)
    player.wait(views.PayByQr, picture=False)
    hands.act("network/cut")
    hands.pay()
    player.wait(views.PayByQr, lambda v: v.slow)
    player.tap(taps.by_answer(views.BACK))
    player.wait(views.Pending)
    player.tap(taps.by_answer(PendingButton.PRINT_SLIP))
    player.wait(views.Attention)
    player.tap(taps.by_answer(AttentionButton.FIRST))
    player.wait(views.Attention, lambda v: v.title == texts.NO_CENTRE_TITLE)
    hands.act("network/restore")
    player.tap(taps.by_answer(AttentionButton.FIRST))
    wait_until_owed(hands, person)
    player.wait(views.MyPage, picture=False)
    player.tap(taps.by_answer(MyPageButton.LEAVE))
    player.wait(views.Goodbye, picture=False)
    come(player, hands, person, "再来：任何一台机器都知道结果")
    player.tap(taps.by_answer("owed"))
    player.wait(views.Paid, lambda v: v.paper is PaperState.PRINTED)
    player.tap(taps.by_answer(PaidButton.DONE))
    leave(player)


def asks_and_reprints(player: Player, hands: Hands, person: dict[str, Any]) -> None:
    player.chapter = "三 · 查记录，补打凭证"
    player.wait(views.Home, picture=False)
    player.tap(taps.by_answer(Service.RECORDS))
    player.wait(views.PresentCard)
    hands.place(person["number"])
    player.wait(views.Records)
    hands.take()
    player.tap(taps.by_answer(RecordsButton.REPRINT))
    player.wait(views.ChooseReceipt)
    player.tap(lambda press: isinstance(press.answer, str) and press.answer.isdigit())
    player.wait(views.Paid, lambda v: v.copy and v.paper is PaperState.PRINTED)
    player.tap(taps.by_answer(PaidButton.DONE))
    player.wait(views.Records, picture=False)
    player.tap(taps.by_answer(views.BACK))
    leave(player)


def printer_without_paper(player: Player, hands: Hands, person: dict[str, Any]) -> None:
    player.chapter = "四 · 凭证纸用完了"
    come(player, hands, person)
    choose_pension(player, None)
    player.wait(views.PayByQr, picture=False)
    hands.act("printer/paper_out")
    hands.pay()
    player.wait(views.Attention, lambda v: v.title == texts.PAPER_OUT_TITLE)
    player.tap(taps.by_answer(AttentionButton.FIRST))
    player.wait(views.SaveToPhone)
    player.tap(taps.by_words(texts.PHONE_DONE))
    player.wait(views.Attention, picture=False)
    player.tap(taps.by_answer(AttentionButton.SECOND))
    player.wait(views.MyPage, lambda v: any(item.key == "owed" for item in v.items))
    leave(player, on_page=True)
    player.wait(views.Home, lambda v: v.trouble is views.Trouble.NO_PAPER)
    hands.act("printer/load_paper")
    come(player, hands, person, "装好纸，补打")
    player.tap(taps.by_answer("owed"))
    player.wait(views.Paid, lambda v: v.copy and v.paper is PaperState.PRINTED)
    player.tap(taps.by_answer(PaidButton.DONE))
    leave(player)


def yearly_check(player: Player, hands: Hands, person: dict[str, Any]) -> None:
    player.chapter = "五 · 资格认证，刷脸"
    hands.show_face_to_central(person)
    hands.act("camera/living")
    come(player, hands, person)
    player.tap(taps.by_answer(MyPageButton.CERTIFICATION))
    player.wait(views.ChooseWay)
    player.tap(taps.by_answer(WayKey.FACE))
    player.wait(views.FaceLook, lambda v: v.guidance.phase is Phase.LOOKING)
    player.wait(views.FaceLook, lambda v: v.guidance.phase is Phase.ACTING)
    player.wait(views.FaceLook, lambda v: v.guidance.step == v.guidance.steps)
    player.wait(views.Certified, lambda v: v.state is CertifiedState.ACCEPTED)
    player.tap(taps.by_answer(CertifiedButton.PRINT))
    player.wait(views.Certified, lambda v: v.printed)
    player.tap(taps.by_answer(CertifiedButton.DONE))
    player.wait(views.Goodbye, picture=False)


# --- what visits have in common --------------------------------------------------------------------------------------


def come(player: Player, hands: Hands, person: dict[str, Any], chapter: str = "") -> None:
    """Card down, my page, card back in the hand."""
    if chapter:
        player.chapter = f"{player.chapter.split('，')[0]} · {chapter}"
    player.wait(views.Home)
    hands.place(person["number"])
    player.wait(views.MyPage, lambda v: v.card_present)
    hands.take()
    player.wait(views.MyPage, lambda v: not v.card_present, picture=False)


def choose_pension(player: Player, yuan: str | None) -> None:
    """From my page to the code on the screen."""
    player.tap(lambda press: isinstance(press.answer, str) and press.answer.startswith(f"due:{PENSION}"))
    view = player.wait(views.ChooseTier, picture=False)
    if yuan is not None:
        player.tap(taps.by_answer(next(o.code for o in view.options if o.title == yuan)))
        time.sleep(0.3)
    player.picture("ChooseTier")
    player.tap(taps.by_words(texts.TIER_NEXT.split("{")[0]))
    player.wait(views.ConfirmPayment)
    player.tap(taps.by_answer(True))


def leave(player: Player, on_page: bool = False) -> None:
    player.wait(views.MyPage, picture=on_page)
    player.tap(taps.by_answer(MyPageButton.LEAVE))
    player.wait(views.Goodbye, picture=False)


def wait_until_owed(hands: Hands, person: dict[str, Any]) -> None:
    """Until the kiosk's outbox has told central how the lost order ended."""
    deadline = time.monotonic() + CENTRAL_HEARS_S
    while time.monotonic() < deadline:
        page = hands.page(person)
        if page.owed and not page.open_orders:
            return
        time.sleep(0.3)
    raise NeverCame("central never settled the order")
