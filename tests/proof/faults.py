"""A schedule: at which effects of a run something goes wrong, and what.

An effect is a journal entry, a call to central or a sheet of paper.  Everything else in a run is fixed by the scenario, so that
the same choices always give the same run.

    journal entry   cut before, cut after; in some scenarios also disk full: the entry is not written, and the program ends
    call            cut before, cut after, lost (the request), reply lost, delayed (it arrives after the next close of its order
                    or receipt, or when all is over), line down / line down after (nothing more gets through in this visit),
                    another's answer (the request is lost, and what comes back is about another order or sheet, if there is
                    one); and at the gateway: lost (central never got through), mute (the gateway did it, central does not know)
    sheet           cut before, cut with the sheet out, cut and the sheet comes out later,
                    unknown and out, unknown and out later, unknown and lost, not printed

"Cut before" an effect is offered only where something was seen, somebody acted or time passed since the effect before: else it is
the same cut as the one after that effect, whose schedule exists already.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

GO_ON: Final = "go on"
CUT_BEFORE: Final = "cut before"
CUT_AFTER: Final = "cut after"
DISK_FULL: Final = "disk full"
LOST: Final = "lost"
REPLY_LOST: Final = "reply lost"
DELAYED: Final = "delayed"
DOWN: Final = "line down"
DOWN_AFTER: Final = "line down after"
ANOTHERS: Final = "another's answer"
GATEWAY_LOST: Final = "gateway lost"
GATEWAY_MUTE: Final = "gateway mute"
CUT_OUT: Final = "cut, sheet out"
CUT_LATER: Final = "cut, sheet later"
UNKNOWN_OUT: Final = "unknown, out"
UNKNOWN_LATER: Final = "unknown, later"
UNKNOWN_GONE: Final = "unknown, gone"
NOT_PRINTED: Final = "not printed"

Choice = tuple[int, str]  # the effect's number in the run, and what happens there
Options = tuple[str, ...]
Kind = tuple[Options, Options]  # when nothing happened since the last effect; else


def _kind(*options: str) -> Kind:
    return options, (CUT_BEFORE, *options)


def _mixed(kind: Kind) -> Kind:
    return (*kind[0], ANOTHERS), (*kind[1], ANOTHERS)


_CALL = (CUT_AFTER, LOST, REPLY_LOST, DELAYED)
ENTRY: Final = _kind(CUT_AFTER)
ENTRY_OR_FULL: Final = _kind(CUT_AFTER, DISK_FULL)
CREATE: Final = _kind(*_CALL, DOWN, DOWN_AFTER, GATEWAY_LOST, GATEWAY_MUTE)
QUERY: Final = _kind(*_CALL, DOWN)
CLOSE: Final = _kind(*_CALL, DOWN, DOWN_AFTER, GATEWAY_MUTE)
CODE: Final = CLOSE
# the outbox asks for ever: a line that is down is one lost call
BACKGROUND_CLOSE: Final = _kind(*_CALL, GATEWAY_MUTE)
PAPER_CALL: Final = _kind(*_CALL)
MIXED: Final = {kind: _mixed(kind) for kind in (CREATE, QUERY, CLOSE, BACKGROUND_CLOSE, PAPER_CALL)}
SHEET: Final = _kind(CUT_OUT, CUT_LATER, UNKNOWN_OUT, UNKNOWN_LATER, UNKNOWN_GONE, NOT_PRINTED)
MUTE_SHEET: Final = _kind(CUT_OUT, CUT_LATER, UNKNOWN_LATER, UNKNOWN_GONE, NOT_PRINTED)


class Schedule:
    """Goes through a run, effect by effect.  ``trace``: what could have gone wrong at each effect so far."""

    __slots__ = ("_at", "_choices", "_next", "every_cut", "fresh", "on", "trace")

    def __init__(self, choices: Sequence[Choice] = (), every_cut: bool = False) -> None:
        self._choices, self._next = choices, 0
        self._at = choices[0][0] if choices else -1
        self.trace: list[Options] = []
        self.on = True  # off: everybody is well again
        self.fresh = True  # something happened since the last effect
        self.every_cut = every_cut

    def choose(self, kind: Kind) -> str:
        """What goes wrong at this effect; GO_ON when nothing does."""
        if not self.on:
            return GO_ON
        options = kind[self.fresh or self.every_cut]
        self.fresh = False
        number = len(self.trace)
        self.trace.append(options)
        if number != self._at:
            return GO_ON
        choice = self._choices[self._next][1]
        assert choice in options, f"{choice} cannot happen at effect {number}"
        self._next += 1
        self._at = self._choices[self._next][0] if self._next < len(self._choices) else -1
        return choice

    @property
    def spent(self) -> bool:
        """Everything that was to go wrong has: from here on all goes well."""
        return self._at == -1

    @property
    def choices(self) -> Sequence[Choice]:
        """What went wrong so far."""
        return self._choices[: self._next]


class Drawn(Schedule):
    """A schedule whose faults are drawn as the run goes: ``depth`` of them, from some effect on among about ``length``.

    A fault makes the rest of a run shorter or longer than anybody knows, so the next one is not put off for long.
    """

    __slots__ = ("_left", "_length", "_rng", "_start", "_taken")

    def __init__(self, rng: Random, depth: int, length: int) -> None:
        super().__init__()
        self._rng, self._left, self._length = rng, depth, length
        self._start = rng.randrange(length // 2 + 1)
        self._taken: list[Choice] = []

    def choose(self, kind: Kind) -> str:
        number, _ = len(self.trace), super().choose(kind)
        if not self.on or not self._left or number < self._start:
            return GO_ON
        near = max(1.2 * self._left, min(self._length - number, 1.6 * self._left))
        if self._rng.random() * near >= self._left:
            return GO_ON
        self._left -= 1
        fault = self._rng.choice(self.trace[number])
        self._taken.append((number, fault))
        return fault

    @property
    def spent(self) -> bool:
        return not self._left

    @property
    def choices(self) -> Sequence[Choice]:
        return self._taken
