"""What was found on the images of power cuts, and the folder they are laid out in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

MEMORY = Path("/dev/shm")  # a tmpfs: an image is laid out in it, opened once and thrown away
EXAMPLES_MOST = 3


@dataclass
class Tally:
    """``losing`` images lost ``lost`` acknowledged commits, at worst ``worst``; ``corrupt`` ones cannot be read or hold a lie.

    ``started``: of the good ones, those on which the program was started as a whole.  ``acknowledged``: commits of the lives.
    """

    images: int = 0
    losing: int = 0
    lost: int = 0
    worst: int = 0
    corrupt: int = 0
    started: int = 0
    acknowledged: int = 0
    cpu_s: float = 0.0
    examples: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return self.losing == self.corrupt == 0 < self.images

    def found_loss(self, commits: int, example: str) -> None:
        self.losing += 1
        self.lost += commits
        self.worst = max(self.worst, commits)
        self._note(f"{commits} lost: {example}")

    def found_corrupt(self, example: str) -> None:
        self.corrupt += 1
        self._note(example)

    def add(self, other: Tally) -> None:
        self.images += other.images
        self.losing += other.losing
        self.lost += other.lost
        self.worst = max(self.worst, other.worst)
        self.corrupt += other.corrupt
        self.started += other.started
        self.acknowledged += other.acknowledged
        self.cpu_s += other.cpu_s
        for example in other.examples:
            self._note(example)

    def _note(self, example: str) -> None:
        if len(self.examples) < EXAMPLES_MOST:
            self.examples.append(example)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None, prefix="cut-") as name:
        yield Path(name)


def lay(folder: Path, image: Mapping[str, bytes]) -> None:
    """Makes the folder hold exactly the files of this image; folders in it stay."""
    for path in folder.iterdir():
        if path.is_file():
            path.unlink()
    for name, content in image.items():
        (folder / name).write_bytes(content)
