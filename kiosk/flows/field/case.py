"""One visit while it goes on: whom they are with, what is done of it.

A local of the flow; nothing of it is on a disk before it is sealed.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from enum import Enum
from typing import NoReturn

from devices.idcard import IdCard
from kiosk import texts
from kiosk.field.views import (
    BoardNews,
    FieldVisit,
    Panel,
    Pick,
    RowState,
    Task,
    TaskLine,
    TaskState,
    VisitButton,
)
from kiosk.field.wire import Assignment, Consent, ConsentBy, Identified, IdentifiedBy
from kiosk.flows.field import board
from kiosk.flows.field.shift import Shift
from kiosk.views import Signature
from kiosk.wire import CheckEvidence

BY_FACE = (Task.CARD, Task.CONSENT, Task.FACE)
BY_HAND = (Task.CARD, Task.CONSENT, Task.PHOTO, Task.WITNESS)

Answer = VisitButton | Signature | None  # None: what the caller watched has changed


class Left(Exception):
    """This visit ends here.  ``to``: the row that was tapped instead, None: the list."""

    def __init__(self, to: int | None = None) -> None:
        super().__init__("left")
        self.to = to


class Photo(Enum):
    TO_COME = "to_come"
    TAKEN = "taken"
    NONE = "none"


class Case:
    """``index``: its row.  ``record_id`` is random and says nothing; seals are bound to it."""

    def __init__(self, shift: Shift, index: int) -> None:
        self.shift, self.index = shift, index
        self.person: Assignment = shift.people[index]
        self.begun_at: datetime = shift.now()
        self.record_id = new_id()
        self.tasks: tuple[Task, ...] = BY_FACE
        self.card: IdCard | None = None
        self.identified: Identified | None = None
        self.consent: Consent | None = None
        self.evidence: CheckEvidence | None = None  # of the last check
        self.compared = False
        self.photo = Photo.TO_COME
        self.witnessed = False
        self.sealed = False
        self.note = ""  # said above the panel, once

    def __repr__(self) -> str:
        return "Case()"

    def ask(
        self,
        panel: Panel,
        *buttons: VisitButton,
        next_words: str = "",
        news: Callable[[], bool] | None = None,
        every_s: float = 0.05,
    ) -> Answer:
        """Shows the visit and waits.  Errands and leaving are seen to here, whatever the panel.  Raises Left, SignedOut."""
        heard = False

        def watch() -> bool:
            nonlocal heard
            heard = news is not None and news()
            return heard

        while True:
            answer = self.shift.look(self.view(panel, buttons, next_words), watch, every_s)
            if isinstance(answer, Pick):
                self._go_to(answer.index)
            elif answer is VisitButton.LEAVE:
                self.leave()
            elif answer is VisitButton.MORE:
                from kiosk.flows.field.errands import errand  # errands ask through a case

                errand(self)
            elif not isinstance(answer, BoardNews):
                self.note = ""
                return answer
            elif heard:
                return None

    def view(self, panel: Panel, buttons: tuple[VisitButton, ...], next_words: str = "") -> FieldVisit:
        person = self.person
        return FieldVisit(
            board=self.shift.board(self.index),
            name=person.name,
            note=self.note or board.due(person, self.shift.now().date()),
            tasks=self.lines(),
            panel=panel,
            buttons=buttons,
            next_words=next_words,
        )

    @property
    def tries(self) -> int:
        """How often today a camera saw this person and did not settle it; leaving and coming back begins nothing anew."""
        return self.shift.tries[self.person.assignment_id]

    def count_try(self) -> None:
        self.shift.tries[self.person.assignment_id] += 1

    def leave(self, to: int | None = None) -> NoReturn:
        """Not now; they come last on the route."""
        self.shift.left = [i for i in self.shift.left if i != self.person.assignment_id]
        self.shift.left.append(self.person.assignment_id)
        raise Left(to)

    def next(self) -> int | None:
        """In a care home the next of it at once; otherwise None, the list."""
        home = self.person.home
        return self.shift.waiting(self.index, home) if home else None

    def _go_to(self, index: int) -> None:
        """Another row was tapped: there, when somebody is still to be visited."""
        rows = self.shift.board().rows
        if index != self.index and rows[index].state in (RowState.WAITING, RowState.NOT_MET):
            self.leave(index)

    # --- the lines at the right --------------------------------------------------------------------------------------

    def lines(self) -> tuple[TaskLine, ...]:
        """Done, the first that is not, and what comes after it."""
        lines = tuple(self._line(task) for task in self.tasks)
        now = next((i for i, line in enumerate(lines) if line.state is not TaskState.DONE), None)
        return tuple(replace(line, state=TaskState.NOW) if i == now else line for i, line in enumerate(lines))

    def _line(self, task: Task) -> TaskLine:
        if task is Task.CARD:
            done, words = self._card_words()
        elif task is Task.CONSENT:
            done, words = self._consent_words()
        elif task is Task.FACE:
            done, words = self.compared, texts.FIELD_TASK_FACE[self.compared]
        elif task is Task.PHOTO:
            done, words = self._photo_words()
        else:
            done, words = self.witnessed, texts.FIELD_TASK_WITNESS[self.witnessed]
        return TaskLine(task, TaskState.DONE if done else TaskState.TO_COME, words)

    def _card_words(self) -> tuple[bool, str]:
        open_, read, typed = texts.FIELD_TASK_CARD
        if self.identified is None:
            return False, open_
        return True, read if self.identified.by is IdentifiedBy.CARD else typed

    def _consent_words(self) -> tuple[bool, str]:
        open_, person, guardian = texts.FIELD_TASK_CONSENT
        if self.consent is None:
            return self.photo is Photo.NONE, open_
        return True, person if self.consent.by is ConsentBy.PERSON else guardian

    def _photo_words(self) -> tuple[bool, str]:
        words = dict(zip(Photo, texts.FIELD_TASK_PHOTO, strict=True))
        return self.photo is not Photo.TO_COME, words[self.photo]


def new_id() -> str:
    return f"V-{uuid.uuid4().hex.upper()}"
