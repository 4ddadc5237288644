"""Who works just now: a local of the flow.  When they sign out it is gone, and with it the key that opens the day's people.

Every question of the tablet is asked here, so that a tablet that is reported lost, or lies about, ends whatever is on its screen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum
from typing import TypeVar, cast

from kiosk import dates
from kiosk.desk import Cancelled
from kiosk.field.badges import SignedIn
from kiosk.field.tablet import Tablet
from kiosk.field.views import Board, BoardNews, FieldView, Link
from kiosk.field.wire import Assignment, Pack
from kiosk.flows.field import board

A = TypeVar("A")

QUIET_S = 30 * 60.0  # a tablet that nobody touched for so long may lie anywhere


class Why(Enum):
    ASKED = "asked"
    REVOKED = "revoked"
    QUIET = "quiet"
    EXPIRED = "expired"


class SignedOut(Exception):
    """The shift is over.  What was not sealed is not kept."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


class Shift:
    """``pack`` None: nobody to go to.  ``left``: who was left for later; they come last.  ``note``: said on the day's screen."""

    def __init__(self, tablet: Tablet, signed_in: SignedIn) -> None:
        self.tablet, self.signed_in = tablet, signed_in
        self.pack: Pack | None = None
        self.left: list[str] = []
        self.note = ""
        self.tries: Counter[str] = Counter()  # face checks that settled nothing, by assignment
        self.visits = 0
        self._touched_s = tablet.clock.monotonic()
        self.set_time()

    def __repr__(self) -> str:
        return "Shift()"

    @property
    def people(self) -> tuple[Assignment, ...]:
        return self.pack.assignments if self.pack else ()

    @property
    def full(self) -> bool:
        """So many packets wait, or for so long, that they go to central before another visit."""
        return self.tablet.packets.full(self.signed_in)

    def set_time(self) -> None:
        """Takes the machine's clock and what central said of it; between two such moments time goes on by itself.

        A clock that somebody, or a network, sets amid a shift moves nothing that is written down.
        """
        clock = self.tablet.clock
        self._time, self._time_s = dates.legal_now(clock, self.tablet.api.skew_s), clock.monotonic()

    def now(self) -> datetime:
        """Central's time, as far as it is known."""
        return self._time + timedelta(seconds=self.tablet.clock.monotonic() - self._time_s)

    def board(self, now: int | None = None) -> Board:
        """The list as it is; ``now``: the person who is visited."""
        packets = self.tablet.packets
        return Board(
            staff=self.signed_in.name,
            rows=board.rows(self.pack, packets.kept(), self.now().date(), now),
            selected=now,
            link=Link.FULL if self.full else self.tablet.courier.progress.link,
            unsent=packets.unsent,
            unsent_bytes=packets.unsent_bytes,
        )

    def waiting(self, after: int = -1, home: str = "") -> int | None:
        """Who is next on the route, behind ``after`` and then from its beginning.  ``home``: of this care home only."""
        if self.pack is None:
            return None
        done = board.visited(self.pack, self.tablet.packets.kept())
        order = (*range(after + 1, len(self.people)), *range(after + 1))
        there = [i for i in order if home in ("", self.people[i].home)]
        open_ = [i for i in there if self.people[i].assignment_id not in done]
        fresh = [i for i in open_ if self.people[i].assignment_id not in self.left]
        return next(iter(fresh or ([] if home else open_)), None)

    # --- questions ---------------------------------------------------------------------------------------------------

    def ask(self, view: FieldView[A], news: Callable[[], A | None] | None = None, every_s: float = 0.05) -> A:
        """A question.  What ``news`` gives (not None) is the answer, too.

        Raises SignedOut, Stopped, CourierDied, and what ``news`` raises.
        """

        def watch() -> A | None:
            self._still_ours()
            return news() if news is not None else None

        while True:
            try:
                answer = self.tablet.desk.ask(view, watch=watch, every_s=every_s)
            except Cancelled:
                continue  # nothing here is timed, and there is no way home
            if answer is not BoardNews.CHANGED:
                self._touched_s = self.tablet.clock.monotonic()
            return answer

    def look(
        self, view: FieldView[A], news: Callable[[], bool] | None = None, every_s: float = 0.05
    ) -> A | BoardNews:
        """A question beside the board: BoardNews once the list has changed, or ``news`` says that something else has."""
        shown = self.tablet.courier.progress.number

        def changed() -> BoardNews | None:
            heard = news() if news is not None else False
            return BoardNews.CHANGED if heard or self.tablet.courier.progress.number != shown else None

        # every view with a board answers BoardNews among others
        return self.ask(view, cast("Callable[[], A | None]", changed), every_s)

    def _still_ours(self) -> None:
        self.tablet.courier.check()
        if self.tablet.courier.revoked:
            raise SignedOut(Why.REVOKED)
        if self.tablet.clock.monotonic() - self._touched_s > QUIET_S:
            raise SignedOut(Why.QUIET)
