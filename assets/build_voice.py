"""Makes the spoken clips from assets/voice/catalogue.toml.  Run by a developer in an environment of its own, never on a kiosk.

    python assets/build_voice.py --model part1.bin part2.bin part3.bin part4.bin --tokens vocab.json --voice zm_yunxi.bin \
        --ears folder-of-the-recogniser

Kokoro-82M (int8 ONNX) speaks hand-written pinyin; a speech recogniser then writes down what it hears, and a clip whose syllables
differ, tones aside, is not kept: the clip before it stays.  heard.toml says of every clip what the recogniser heard.  Tones only
a person can hear: review.html plays every clip beside its text.  --only KEY makes a few; --listen makes none and hears those that
lie there, of a recorded speaker for instance.
Needs numpy, onnxruntime, soundfile, misaki, pypinyin, faster-whisper.
"""

import argparse
import hashlib
import html
import io
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy
import onnxruntime
import soundfile
from faster_whisper import WhisperModel
from misaki.zh import ZHG2P
from pypinyin import lazy_pinyin

VOICE = Path(__file__).parent / "voice"
HEARD = VOICE / "heard.toml"
MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
RATE_HZ = 24_000
SPEED, FASTER = 0.9, (0.95, 1.0)
SILENCE, HEAD_S, TAIL_S = 0.01, 0.05, 0.15
RMS, CEILING = 0.12, 0.89
FADE_S = 0.01
LEAD, LEAD_ENDS = "qing3 ting1", (40, 80)  # hundredths of a second after its first sound
FIGURES = str.maketrans("0123456789", "零一二三四五六七八九")


def phonemes(pinyin: str) -> str:
    """Words apart, syllables of a word together, " , " as a pause."""
    words = []
    for word in pinyin.split(" "):
        spoken = "".join(ZHG2P.py2ipa(syllable) for syllable in word.split("-")) if word != "," else ","
        words.append(spoken.replace("\u032f", ""))
    return " ".join(words).replace(" ,", ",")


def speak(
    session: onnxruntime.InferenceSession,
    tokens: dict[str, int],
    styles: numpy.ndarray,
    spoken: str,
    speed: float = SPEED,
) -> numpy.ndarray:
    ids = [tokens[sign] for sign in spoken]
    given = {
        "tokens": numpy.array([[0, *ids, 0]], numpy.int64),
        "style": styles[len(ids) - 1][None],
        "speed": numpy.array([speed], numpy.float32),
    }
    return numpy.asarray(session.run(None, given)[0]).reshape(-1)


def tries(
    session: onnxruntime.InferenceSession, tokens: dict[str, int], styles: numpy.ndarray, pinyin: str
) -> Iterator[numpy.ndarray]:
    """The line; then after a lead that is cut off, then faster: the model swallows some first consonants (zi, zhao, shua)."""
    yield speak(session, tokens, styles, phonemes(pinyin))
    for pause in (". ", "! "):
        yield without_lead(speak(session, tokens, styles, phonemes(LEAD) + pause + phonemes(pinyin)))
    for speed in FASTER:
        yield speak(session, tokens, styles, phonemes(pinyin), speed)


def without_lead(sound: numpy.ndarray) -> numpy.ndarray:
    """What comes after the quietest moment behind the lead."""
    frame = RATE_HZ // 100
    loud = numpy.abs(sound[: len(sound) // frame * frame]).reshape(-1, frame).max(axis=1)
    start = int(numpy.flatnonzero(loud > SILENCE)[0]) + LEAD_ENDS[0]
    around = numpy.convolve(loud, numpy.ones(3), "same")[start : start + LEAD_ENDS[1] - LEAD_ENDS[0]]
    return sound[(start + int(around.argmin())) * frame :]


def levelled(sound: numpy.ndarray) -> numpy.ndarray:
    """Without the silence around it, at one loudness, never clipped."""
    loud = numpy.flatnonzero(numpy.abs(sound) > SILENCE)
    start, stop = max(0, loud[0] - int(HEAD_S * RATE_HZ)), loud[-1] + int(TAIL_S * RATE_HZ)
    sound = sound[start:stop]
    gain = min(RMS / float(numpy.sqrt(numpy.mean(sound**2))), CEILING / float(numpy.abs(sound).max()))
    sound = sound * gain
    fade = int(FADE_S * RATE_HZ)
    sound[:fade] *= numpy.linspace(0, 1, fade)
    return sound.astype(numpy.float32)


def syllables(text: str) -> str:
    """Toneless pinyin of Chinese text, without spaces and signs; the recogniser writes figures for numbers."""
    words = text.replace("都会", "兜会").translate(FIGURES)
    return "".join(re.sub(r"[^a-z]", "", one.replace("ü", "v")) for one in lazy_pinyin(words))


def spelled(pinyin: str) -> str:
    """Hand-written pinyin without tones, gaps and pauses."""
    return re.sub(r"[^a-z]", "", pinyin)


def heard_in(ears: WhisperModel, clip: bytes) -> str:
    parts, _ = ears.transcribe(io.BytesIO(clip), language="zh", initial_prompt="以下是普通话的句子。")
    # it prefers the one, we write only the other
    return "".join(part.text for part in parts).replace("你", "您")


def encoded(sound: numpy.ndarray) -> bytes:
    clip = io.BytesIO()
    soundfile.write(clip, sound, RATE_HZ, format="OGG", subtype="VORBIS")
    return clip.getvalue()


def main() -> None:
    given = arguments()
    model = b"".join(part.read_bytes() for part in given.model)
    if hashlib.sha256(model).hexdigest() != MODEL_SHA256:
        raise SystemExit("not the model the clips were made with")
    session = onnxruntime.InferenceSession(model)
    tokens = json.loads(given.tokens.read_text(encoding="utf-8"))
    tokens = tokens.get("vocab", tokens)
    styles = numpy.fromfile(given.voice, numpy.float32).reshape(-1, 256)
    ears = WhisperModel(str(given.ears), device="cpu", compute_type="int8")
    lines = tomllib.loads((VOICE / "catalogue.toml").read_text(encoding="utf-8"))["lines"]
    folder = VOICE / given.voice.stem.removeprefix("zm_").removeprefix("zf_")
    folder.mkdir(exist_ok=True)
    passed = passed_before()
    differing = []
    for key, line in lines.items():
        if given.only and key not in given.only:
            continue
        if syllables(line["text"]) != spelled(line["pinyin"]):
            raise SystemExit(f"{key}: text and pinyin differ")
        target = folder / f"{key}.ogg"
        sounds = tries(session, tokens, styles, line["pinyin"])
        clips = [target.read_bytes()] if given.listen else (encoded(levelled(sound)) for sound in sounds)
        heard, clip = "", b""
        for clip in clips:
            heard = heard_in(ears, clip)
            if syllables(heard) == spelled(line["pinyin"]):
                break
            print(f"{key}: wanted {line['text']} heard {heard}", flush=True)
        else:
            differing.append(key)
            continue
        target.write_bytes(clip)
        passed[key] = {"clip": hashlib.sha256(clip).hexdigest(), "heard": syllables(heard)}
    write_passed({key: passed[key] for key in lines if key in passed})
    for clip_of_nothing in {path.stem for path in folder.glob("*.ogg")} - lines.keys():
        (folder / f"{clip_of_nothing}.ogg").unlink()
    review(lines, folder.name)
    if differing:
        raise SystemExit(f"not kept: {' '.join(differing)}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", nargs=4, type=Path, required=True)
    parser.add_argument("--tokens", type=Path, required=True)
    parser.add_argument("--voice", type=Path, required=True)
    parser.add_argument("--ears", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--listen", action="store_true")
    return parser.parse_args()


def passed_before() -> dict[str, dict[str, str]]:
    """What the recogniser heard in the clips that are not made now."""
    return tomllib.loads(HEARD.read_text(encoding="utf-8")) if HEARD.exists() else {}


def write_passed(passed: dict[str, dict[str, str]]) -> None:
    rows = [f'[{key}]\nclip = "{one["clip"]}"\nheard = "{one["heard"]}"\n' for key, one in passed.items()]
    note = "# Written by build_voice.py: the SHA-256 of each clip and the syllables that the recogniser heard in it.\n"
    HEARD.write_text("\n".join([note, *rows]), encoding="utf-8")


def review(lines: dict[str, dict[str, str]], voice: str) -> None:
    """A page for the listener: every clip beside its text."""
    rows = "\n".join(
        f"<tr><td>{key}<td>{html.escape(line['text'])}<td>{html.escape(line['pinyin'])}"
        f'<td><audio controls preload="none" src="{voice}/{key}.ogg"></audio><td>{"✓" if line["approved"] else "待听"}'
        for key, line in lines.items()
    )
    style = "body{font:18px sans-serif;margin:2em}td{padding:.4em .8em;border-bottom:1px solid #ccc}"
    page = f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>语音试听</title><style>{style}</style><h1>语音试听</h1>'
    note = "<p>每一条请由母语者听过：字音、声调、停顿、快慢。听过没有问题，在 catalogue.toml 里把 approved 改成 true。</p>"
    (VOICE / "review.html").write_text(f"{page}\n{note}\n<table>\n{rows}\n</table>\n", encoding="utf-8")


if __name__ == "__main__":
    main()
