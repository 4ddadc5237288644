"""Hardware.  Knows nothing of insurance or of Kivy.

Each device is four small files: codec (bytes, no I/O), contract (what a flow sees), driver (time-outs, retries) and
emulator (the far end of the wire, under the real driver).
"""
