"""What the tablet's one program begins with: the ``kiosk`` command, or the face check's worker when it is called so."""

import sys

if sys.argv[1:2] == ["face-worker"]:  # nothing else may be imported before the worker has hardened itself
    from kiosk.face.worker import main as worker

    raise SystemExit(worker(sys.argv[2:]))

from kiosk.__main__ import main

main()
