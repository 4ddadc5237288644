"""One window.  Mounts views, keeps the citizen's settings, ticks the clock.  Everything here runs on Kivy's thread.

``screens.environment.prepare`` comes first.  An equal view is not mounted again; a view of the same class changes the page in
place; anything else is a new page and a moment in which taps do not count.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kivy.base import EventLoop, runTouchApp, stopTouchApp
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.graphics import BindTexture
from kivy.uix.widget import Widget

from kiosk import views
from kiosk.config import Config
from kiosk.views import View
from screens.bridge import KivyDesk
from screens.catalogue import first_view, import_next, other_modules, page_for
from screens.drawing import Ink, Typesetter
from screens.environment import FONTS
from screens.frame import Shell
from screens.guard import Guard
from screens.page import Page
from screens.text import FontChain
from screens.theme import DEFAULT, HIGH_CONTRAST, Look, rgb

if TYPE_CHECKING:
    from screens.voice import Voice

OnMounted = Callable[[View[Any], Page], None]


class Root(Widget):
    """The window's only child.  It holds one page: the view's, or the one laid over it, which hides it."""

    def __init__(self, guard: Guard, touched: Callable[[], None], resized: Callable[[], None]) -> None:
        super().__init__()
        self._guard, self._touched, self._resized = guard, touched, resized

    def on_touch_down(self, touch: Any) -> bool:
        self._touched()
        if not self._guard.open() or not self.children:
            return True
        return bool(self.children[0].on_touch_down(touch))

    def on_size(self, *_: Any) -> None:
        self._resized()


class KioskApp:
    def __init__(
        self,
        config: Config,
        on_first_frame: Callable[[], None] | None = None,
        on_mounted: OnMounted | None = None,
        now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Opens the window.  ``now`` is the clock in the header.  Raises SystemExit when there is no window to be had."""
        if Window is None:
            raise SystemExit("no window: is there a display?")
        self.config = config
        self.on_mounted = on_mounted
        self.on_help: Callable[[], None] = _nothing
        self._on_first_frame, self._now = on_first_frame, now
        self.chain = FontChain(FONTS, config.fonts.rare)
        self.setter = Typesetter(self.chain, FONTS)
        self.guard = Guard(monotonic)
        self.desk = KivyDesk(self.mount, _on_ui, config.session, monotonic)
        self._large = self._contrast = False
        self._answer: Callable[[Any], None] = _nobody
        self.page: Page | None = None
        self._over: Page | None = None
        self._drawn = self._shown = self._asked = False
        self._delayed: Any = None
        self._voice: Voice | None = None
        self._first = first_view(config.site)
        self.root = Root(self.guard, self.desk.touched, self._resized)

    @property
    def top(self) -> Page | None:
        """The page a finger reaches: 还在吗 or the help over the page, else the page."""
        return self._over or self.page

    # --- running

    def run(self, start_session: Callable[[KivyDesk], None]) -> None:
        """Starts the session, then draws until ``stop``.  Exceptions of Kivy's thread come out here.

        The first screen is drawn while the session is still getting ready; its taps count once the session asks.
        """
        self.open()
        start_session(self.desk)
        self.draw(self._first)
        runTouchApp()

    def open(self) -> None:
        """Puts the root into the window, without a loop of its own."""
        Window.clearcolor = rgb(DEFAULT.paper)
        Window.add_widget(self.root)
        # Kivy lays a white picture on every shape that has none; to smooth it is a third of the cost of a software panel's shape
        white = BindTexture(texture=None).texture
        white.mag_filter = white.min_filter = "nearest"
        self.root.size = Window.size
        Window.bind(size=lambda _, size: setattr(self.root, "size", size))
        self._tick_later()

    def stop(self) -> None:
        """From any thread: ends ``run``."""
        _on_ui(self._stop)

    def close_pages(self) -> None:
        """Takes everything off the window and forgets the citizen's settings."""
        self._uncover()
        if self._delayed is not None:
            self._delayed.cancel()
        if self.page is not None:
            self.page.stop()
            self.root.remove_widget(self.page)
        if self._voice is not None:
            self._voice.silence()
        self.page = self._delayed = None
        self._large = self._contrast = False

    def _stop(self) -> None:
        self.close_pages()
        if EventLoop.status == "started":
            stopTouchApp()

    # --- mounting

    def mount(self, view: View[Any], answer: Callable[[Any], None]) -> None:
        """Draws a view, after its ``delay_s`` if nothing comes in between; ``answer`` takes what the citizen taps."""
        if self._delayed is not None:
            self._delayed.cancel()
            self._delayed = None
        if isinstance(view, views.StillThere):
            self._cover(view, answer)
            return
        self._answer = answer
        self._ask_first()
        if view.delay_s and self.page is not None and type(self.page.view) is not type(view):
            self._delayed = Clock.schedule_once(lambda _: self.draw(view), view.delay_s)
        else:
            self.draw(view)

    def draw(self, view: View[Any]) -> None:
        """Draws a view now; nobody is asked anything new."""
        self._delayed = None
        if self._uncover():
            self.guard.hush()
        if isinstance(view, views.Home) and not isinstance(getattr(self.page, "view", None), views.Home):
            self._large = self._contrast = False
        if self.page is None or type(self.page.view) is not type(view):
            self._replace(view, {})
        elif self.page.view != view:
            self.page.update(view)
        if self._voice is not None or type(view) is not type(self._first):
            self.voice().show(view)
        self._tell(view)

    def voice(self) -> Voice:
        """What speaks; made when the first screen is left behind."""
        if self._voice is None:
            from screens.voice import Voice  # the first screen says nothing

            self._voice = Voice(self.guard.monotonic)
        return self._voice

    def _replace(self, view: View[Any], state: dict[str, Any]) -> None:
        if self.page is not None:
            self.page.stop()
            self.root.remove_widget(self.page)
        self.page = page_for(view, self._shell(), state)
        self.root.add_widget(self.page)
        self._relayout()
        self.guard.hush()

    def _tell(self, view: View[Any]) -> None:
        if not self._drawn:
            self._drawn = True
            Window.bind(on_flip=self._first_frame)
        if self.on_mounted is not None and self.top is not None:
            self.on_mounted(view, self.top)

    def _first_frame(self, *_: Any) -> None:
        Window.unbind(on_flip=self._first_frame)
        self._shown = True
        self._usable()

    def _ask_first(self) -> None:
        if not self._asked:
            self._asked = True
            self._usable()

    def _usable(self) -> None:
        """The first screen is on the glass and somebody listens to its taps."""
        if not (self._shown and self._asked):
            return
        gc.freeze()  # what the start made stays for good: later collections need not look at it
        gc.enable()
        if self._on_first_frame is not None:
            self._on_first_frame()
        rest = iter(other_modules(self.config.site))
        Clock.schedule_interval(lambda _: import_next(rest), 0.1)

    def _cover(self, view: View[Any], answer: Callable[[Any], None]) -> None:
        self._uncover()
        self._lay_over(page_for(view, self._shell(answer), {}))
        self._tell(view)

    def _lay_over(self, over: Page) -> None:
        """The page below is taken off the window meanwhile: what nobody sees is not drawn."""
        if self.page is not None:
            self.root.remove_widget(self.page)
        self._over = over
        self.root.add_widget(over)
        self._relayout()
        self.guard.hush()

    def _uncover(self) -> bool:
        if self._over is None:
            return False
        self._over.stop()
        self.root.remove_widget(self._over)
        self._over = None
        if self.page is not None:
            self.root.add_widget(self.page)
        return True

    def _resized(self) -> None:
        """A tablet is turned: the page is built for the other way up; what was done on it stays."""
        look = self.page.look if self.page is not None else None
        if look is not None and self.root.width > 1 and (look.width, look.height) != tuple(self.root.size):
            self.set_look()
        else:
            self._relayout()

    def _relayout(self) -> None:
        for page in (self.page, self._over):
            if page is not None and self.root.width > 1:
                page.put(0, 0, *self.root.size)

    # --- what a page may do

    def _shell(self, answer: Callable[[Any], None] | None = None) -> Shell:
        screen = self.config.screen
        theme = HIGH_CONTRAST if self._contrast else DEFAULT
        Window.clearcolor = rgb(theme.paper)
        # by the longer sides: a window may be a smaller copy of the panel, and a tablet may be turned
        scale = max(Window.size) / max(screen.width, screen.height)
        look = Look(theme, Window.size, screen.dpi * scale / Window.width, self._large)
        return Shell(
            ink=Ink(look, self.setter),
            guard=self.guard,
            site=self.config.site,
            now=self._now,
            answer=lambda value: self._take(value, answer),
            leave_home=self._leave_home,
            toggle_large=lambda: self.set_look(large=not self._large),
            toggle_contrast=lambda: self.set_look(contrast=not self._contrast),
            ask_help=self.ask_help,
            speaks=self._speaks,
            say_again=lambda: self.voice().again(),
        )

    def _speaks(self, view: View[Any]) -> bool:
        return type(view) is not type(self._first) and bool(self.voice().speech(view).lines)

    def _take(self, value: Any, answer: Callable[[Any], None] | None) -> None:
        if not self.guard.open():
            return
        self.guard.hush()
        (answer or self._answer)(value)

    def _leave_home(self) -> None:
        if self.guard.open():
            self.guard.hush()
            self.desk.home()

    def set_look(self, large: bool | None = None, contrast: bool | None = None) -> None:
        """大字 and 高对比 of this citizen; what was chosen on the page stays."""
        self._large = self._large if large is None else large
        self._contrast = self._contrast if contrast is None else contrast
        if self.page is not None:
            self._uncover()
            self._replace(self.page.view, self.page.state)

    def ask_help(self) -> None:
        """Lays the help over the page."""
        self.on_help()
        from screens.help_over import Help, HelpOver  # seldom used

        self._uncover()
        self._lay_over(HelpOver(Help(), self._shell(lambda _: self._close_help()), {}))

    def _close_help(self) -> None:
        self._uncover()
        self.guard.hush()

    # --- the clock

    def _tick_later(self) -> None:
        now = self._now()
        Clock.schedule_once(self._tick, 60 - now.second)

    def _tick(self, _passed_s: float) -> None:
        for page in (self.page, self._over):
            if page is not None:
                page.tick(self._now())
        self._tick_later()


def _on_ui(work: Callable[[], None]) -> None:
    Clock.schedule_once(lambda _: work())


def _nothing() -> None:
    """Nobody wants to know."""


def _nobody(_answer: Any) -> None:
    """Nothing is asked."""
