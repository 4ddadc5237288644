"""Whoever sits before the emulated camera hears what the kiosk asks: the words of each face screen go to the far end's panel."""

from __future__ import annotations

import queue
import threading

import requests

from kiosk.face.guidance import Guidance, Phase
from kiosk.views import FaceLook, View
from stand.hands import Hands


class Hearing:
    """``mounted`` is told every page on Kivy's thread; the panel is called on a thread of its own, so that no frame waits."""

    def __init__(self, hands: Hands) -> None:
        self._hands, self._last = hands, ""
        self._words: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._pass_on, name="hearing", daemon=True).start()

    def mounted(self, view: View[object], _page: object) -> None:
        word = word_of(view.guidance) if isinstance(view, FaceLook) else ""
        if word != self._last:
            self._last = word
            if word:
                self._words.put(word)

    def _pass_on(self) -> None:
        while True:
            word = self._words.get()
            try:
                self._hands.act("camera/ask", word=word)
            except requests.RequestException:
                continue  # the stand is going down; nobody hears any more


def word_of(guidance: Guidance) -> str:
    """What a person would hear: an action's name, straight, or look."""
    if guidance.phase is Phase.ACTING and guidance.action is not None:
        return guidance.action.value
    return "straight" if guidance.phase is Phase.RETURNING else "look"
