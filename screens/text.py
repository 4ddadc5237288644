"""Text without markup: which font draws each character, and where a Chinese line may break.

Kivy draws a box for a character its font lacks and has no fallback, so text is cut into runs of one font by a table made
with the fonts.  Nothing is ever given to a markup parser: a name with brackets is a name with brackets.
A character no font covers is written as a placeholder; ``drawable`` tells, so that staff can be called.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PLACEHOLDER = "〔生僻字〕"
REGULAR = "NotoSansSC-Regular.otf"
BOLD = "NotoSansSC-Bold.otf"
COMMON_REGULAR = "NotoSansSC-Common-Regular.otf"
COMMON_BOLD = "NotoSansSC-Common-Bold.otf"
RARE = "HanaMinB.ttf"

CLOSING = set("，。、；：？！）》」』】〕”’…·,.;:?!)%年月日元秒分")
UNITS = set("年月日元个分秒档份户")
OPENING = set("（《「『【〔“‘￥(")
# A line may break between any two Chinese characters, but a word torn in two is read twice.  These are the words of our screens
# that large type tore; a segmenter would bring a dictionary of megabytes for them.  A word more costs nothing; longer ones first.
TOGETHER = (
    "工作人员 社保中心 服务热线 身份证 社保卡 支付宝 一会儿 上一步 下一步 "
    "机器 看过 照片 手机 凭证 镜头 屏幕 光线 平板 网络 电话 号码 时间 结果 任何 待遇 缴费 付款 退回 "
    "认证 核验 核对 登记 确认 同意 撤回 打勾 签名 保存 联网 自动 重新 方式 有效 影响 问题 耽误 窗口 上门 预约 "
    "今天 现在 以后 以前 可以 不用 不要 没有 愿意 什么 比对 审核 一次 一样"
)
QUOTED_MOST = 6  # characters; a name of a button is not torn in two
_HELD = re.compile(f"“[^“”]{{1,{QUOTED_MOST}}}”|{TOGETHER.replace(' ', '|')}")


@dataclass(frozen=True)
class Run:
    """Characters of one font."""

    font: str
    text: str


class FontChain:
    """The common characters, then all of the same face, then regular, then the rare-character font if its file is there.

    The common fonts hold GB 2312 level 1 and nothing else: FreeType opens them in 0.3 ms a size, the whole ones in 7.
    """

    def __init__(self, folder: Path, rare: Path | None) -> None:
        """``folder`` holds the shipped fonts and coverage.json.  Raises OSError when they are missing."""
        table = json.loads((folder / "coverage.json").read_text(encoding="utf-8"))
        names = (COMMON_REGULAR, COMMON_BOLD, REGULAR, BOLD)
        self._ranges = {str(folder / name): _Ranges(table[name]) for name in names}
        common_regular, common_bold, regular, bold = self._ranges
        last: list[str] = []
        if rare is not None and rare.is_file():
            self._ranges[str(rare)] = _Ranges(table[RARE])
            last.append(str(rare))
        self._chains = {False: [common_regular, regular, *last], True: [common_bold, bold, regular, *last]}

    def first(self, bold: bool) -> str:
        return self._chains[bold][0]

    def font_of(self, character: str, bold: bool) -> str | None:
        """The first font of the chain that has the character, None when none has."""
        for font in self._chains[bold]:
            if ord(character) in self._ranges[font]:
                return font
        return None

    def drawable(self, text: str) -> bool:
        """False when some character of it would be a placeholder."""
        return all(self.font_of(character, bold=False) for character in text if character != "\n")

    def runs(self, text: str, bold: bool) -> list[Run]:
        """The text as runs; a placeholder stands where no font helps."""
        found: list[Run] = []
        for character in text:
            font, drawn = self.font_of(character, bold), character
            if font is None:
                font, drawn = self.first(bold), PLACEHOLDER
            if found and found[-1].font == font:
                found[-1] = Run(font, found[-1].text + drawn)
            else:
                found.append(Run(font, drawn))
        return found


class _Ranges:
    """Code points as sorted [first, last] pairs."""

    def __init__(self, pairs: list[list[int]]) -> None:
        self._firsts = [first for first, _ in pairs]
        self._lasts = [last for _, last in pairs]

    def __contains__(self, code: int) -> bool:
        at = bisect_right(self._firsts, code) - 1
        return at >= 0 and code <= self._lasts[at]


def pieces(text: str) -> list[str]:
    """What may not be broken: a Latin word or number with its unit, a time from–until, a character with its closing punctuation,
    a word of ``TOGETHER``, a short quotation.
    """
    held = {at for match in _HELD.finditer(text) for at in range(match.start() + 1, match.end())}
    found: list[str] = []
    for at, character in enumerate(text):
        glue = bool(found) and (
            (_word(character) and _word(found[-1][-1]))
            or (character in CLOSING and found[-1] != " ")
            or (found[-1][-1] in ",." and character.isdigit())
            or (character == "度" and text[at - 1] == "年")
            or found[-1][-1] in OPENING
            or at in held
        )
        if character in UNITS and found[-1:] == [" "] and len(found) > 1 and found[-2][-1].isdigit():
            found[-2:] = [found[-2] + " " + character]  # 8 个月 stays together
        elif glue and character != " ":
            found[-1] += character
        else:
            found.append(character)
    return found


def _word(character: str) -> bool:
    return (character.isascii() and character not in " ,;") or character == "–"


Measure = Callable[[int, int], float]
Lines = list[tuple[int, int]]


def break_lines(text: str, width: float, measure: Measure, balance: bool = True) -> Lines:
    """(start, end) of each line, none wider than ``width`` unless one character is.

    ``measure(start, end)`` is the width of that part of the text, in the unit of ``width``.  ``balance`` ends lines where the
    sense does, else makes them about equally long, without needing one line more.
    """
    lines: Lines = []
    start = 0
    for part in text.split("\n"):
        end = start + len(part)
        filled = _fill(text, start, end, width, measure)
        if balance and len(filled) > 1:
            filled = _by_clauses(text, start, end, width, measure, len(filled)) or _even(
                text, start, end, width, measure, len(filled)
            )
        lines += filled
        start = end + 1
    return lines


def _even(text: str, start: int, end: int, width: float, measure: Measure, count: int) -> Lines:
    low, high = width / count * 0.9, width
    while high - low > width / 200:
        middle = (low + high) / 2
        if len(_fill(text, start, end, middle, measure)) > count:
            low = middle
        else:
            high = middle
    return _fill(text, start, end, high, measure)


def _by_clauses(text: str, start: int, end: int, width: float, measure: Measure, most: int) -> Lines | None:
    """Lines that end where the sense does; None when that takes more than ``most`` lines."""
    for ends in ("。；！？", "，。；！？：", "，。；！？：、·"):
        clauses = re.split(f"(?<=[{ends}])", text[start:end])
        lines: Lines = []
        at = start
        for clause in clauses:
            after = at + len(clause)
            if lines and measure(*_trim(text, lines[-1][0], after)) <= width:
                lines[-1] = (lines[-1][0], after)
            elif clause.strip():
                lines.append((at, after))
            at = after
        lines = [_trim(text, *line) for line in lines]
        if 1 < len(lines) <= most and all(measure(*line) <= width for line in lines):
            return lines
    return None


def _fill(text: str, start: int, end: int, width: float, measure: Measure) -> Lines:
    lines: Lines = []
    first = at = start
    for piece in pieces(text[start:end]):
        after = at + len(piece)
        if measure(*_trim(text, first, after)) > width:
            if text[first:at].strip():
                lines.append(_trim(text, first, at))
                first = at
            while after - first > 1 and measure(*_trim(text, first, after)) > width:
                cut = next(
                    n for n in range(after - 1, first, -1) if n == first + 1 or measure(first, n) <= width
                )
                lines.append((first, cut))
                first = cut
        at = after
    return [*lines, _trim(text, first, end)]


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Without the spaces at both ends, and without a dot that would join nothing."""
    while start < end and text[start] == " ":
        start += 1
    while end > start and (text[end - 1] == " " or text[end - 2 : end] == " ·"):
        end -= 1
    return start, end
