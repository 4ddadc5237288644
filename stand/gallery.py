"""index.html of the demo: every screen and every receipt, to look at."""

from __future__ import annotations

import html
from itertools import groupby
from pathlib import Path

from stand.books import Books

PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>社保自助终端 · 演示</title>
<style>body{{margin:0;background:#F7F5F0;color:#16242B;font:17px/1.5 "Noto Sans SC","Noto Sans CJK SC",sans-serif}}
header{{background:#073E41;color:#fff;padding:20px 32px}}h1{{margin:0;font-size:26px}}h2{{margin:28px 32px 8px;color:#0B5A5E}}
.row{{display:flex;flex-wrap:wrap;gap:18px;padding:0 32px}}figure{{margin:0}}figcaption{{font-size:14px;color:#4A5B63}}
.screen img{{width:270px;border:2px solid #DAD6CC;border-radius:14px}}.paper img{{width:300px;border:2px solid #DAD6CC}}
pre{{margin:12px 32px;background:#fff;border:2px solid #DAD6CC;border-radius:14px;padding:16px;font-size:15px}}
.bad{{color:#B3261E}}</style>
<header><h1>社保自助终端 · 演示</h1>每一屏、每一张纸；人和号码都是虚构的。</header>
<pre>{summary}</pre>{screens}<h2>打出来的纸</h2><div class="row paper">{sheets}</div></html>
"""


def write_gallery(out: Path, pictures: list[tuple[str, Path]], books: Books, troubles: list[str]) -> None:
    chapters = []
    for chapter, shots in groupby(pictures, key=lambda shot: shot[0]):
        figures = "".join(figure(f"screens/{path.name}", path.stem) for _, path in shots)
        chapters.append(f'<h2>{html.escape(chapter)}</h2><div class="row screen">{figures}</div>')
    sheets = "".join(
        figure(f"receipts/{path.name}", path.stem) for path in sorted((out / "receipts").glob("*.png"))
    )
    summary = html.escape(books.summary())
    summary += "".join(f'\n<span class="bad">{html.escape(line)}</span>' for line in troubles)
    page = PAGE.format(summary=summary, screens="".join(chapters), sheets=sheets)
    (out / "index.html").write_text(page, encoding="utf-8")


def figure(source: str, words: str) -> str:
    return f'<figure><a href="{source}"><img src="{source}" alt="{words}"></a><figcaption>{words}</figcaption></figure>'
