"""The smallest Kivy app with our font and our window: the peer of the cold start.

One window, one label.  It gets every setting that makes our own start fast (no multisampling, SDL's image provider, no log), so that
what differs is the work.  Says READY=1 to $NOTIFY_SOCKET with its first frame, as the kiosk does, and ends on SIGTERM.
"""

import os
import signal
import socket
import sys

width, height, font = sys.argv[1:4]
os.environ.update(
    {
        "SDL_VIDEODRIVER": "offscreen",
        "KIVY_NO_ARGS": "1",
        "KIVY_NO_CONFIG": "1",
        "KIVY_NO_FILELOG": "1",
        "KIVY_NO_CONSOLELOG": "1",
        "KIVY_LOG_MODE": "PYTHON",
        "KIVY_IMAGE": "sdl2",
        "KIVY_AUDIO": "sdl2",
    }
)
from kivy.config import Config  # noqa: E402 - Kivy reads its settings when it is imported

for key, value in {"width": width, "height": height, "multisamples": "0", "maxfps": "60"}.items():
    Config.set("graphics", key, value)

from kivy.app import App  # noqa: E402
from kivy.core.window import Window  # noqa: E402
from kivy.uix.label import Label  # noqa: E402


class BareApp(App):
    def build(self) -> Label:
        return Label(text="社会保险自助服务终端", font_name=font, font_size=64)

    def on_start(self) -> None:
        Window.bind(on_flip=self.told)
        signal.signal(signal.SIGTERM, lambda *_: self.stop())

    def told(self, *_: object) -> None:
        Window.unbind(on_flip=self.told)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.sendto(b"READY=1", "\0" + os.environ["NOTIFY_SOCKET"][1:])


BareApp().run()
