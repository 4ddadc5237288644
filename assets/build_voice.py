"""Makes the spoken clips from assets/voice/catalogue.toml.  Run by a developer in an environment of its own, never on a kiosk.

    python assets/build_voice.py --model part1.bin part2.bin part3.bin part4.bin --tokens vocab.json --voice zm_yunxi.bin \
        --ears folder-of-the-recogniser

Kokoro-82M (int8 ONNX) speaks hand-written pinyin; a speech recogniser then writes down what it hears, and a clip whose syllables
differ, tones aside, is not kept.  Tones only a person can hear: review.html plays every clip beside its text.
Needs numpy, onnxruntime, soundfile, misaki, pypinyin, faster-whisper.
"""

import argparse
import hashlib
import html
import json
import re
import tomllib
from pathlib import Path

import numpy
import onnxruntime
import soundfile
from faster_whisper import WhisperModel
from misaki.zh import ZHG2P
from pypinyin import lazy_pinyin

VOICE = Path(__file__).parent / "voice"
MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
RATE_HZ = 24_000
SPEED = 0.9
SILENCE, HEAD_S, TAIL_S = 0.01, 0.05, 0.15
RMS, CEILING = 0.12, 0.89
FADE_S = 0.01


def phonemes(pinyin: str) -> str:
    """Words apart, syllables of a word together, " , " as a pause."""
    words = []
    for word in pinyin.split(" "):
        spoken = "".join(ZHG2P.py2ipa(syllable) for syllable in word.split("-")) if word != "," else ","
        words.append(spoken.replace("\u032f", ""))
    return " ".join(words).replace(" ,", ",")


def speak(
    session: onnxruntime.InferenceSession, tokens: dict[str, int], styles: numpy.ndarray, pinyin: str
) -> numpy.ndarray:
    ids = [tokens[sign] for sign in phonemes(pinyin)]
    given = {
        "tokens": numpy.array([[0, *ids, 0]], numpy.int64),
        "style": styles[len(ids) - 1][None],
        "speed": numpy.array([SPEED], numpy.float32),
    }
    return numpy.asarray(session.run(None, given)[0]).reshape(-1)


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
    """Toneless pinyin of Chinese text, without spaces and signs."""
    return "".join(
        re.sub(r"[^a-z]", "", one.replace("ü", "v")) for one in lazy_pinyin(text.replace("都会", "兜会"))
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", nargs=4, type=Path, required=True)
    parser.add_argument("--tokens", type=Path, required=True)
    parser.add_argument("--voice", type=Path, required=True)
    parser.add_argument("--ears", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=[])
    given = parser.parse_args()
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
    differing = []
    for key, line in lines.items():
        if given.only and key not in given.only:
            continue
        sound = levelled(speak(session, tokens, styles, line["pinyin"]))
        target = folder / f"{key}.ogg"
        soundfile.write(target, sound, RATE_HZ, format="OGG", subtype="VORBIS")
        heard = "".join(
            s.text
            for s in ears.transcribe(str(target), language="zh", initial_prompt="以下是普通话的句子。")[0]
        )
        wanted = re.sub(r"[^a-z]", "", re.sub(r"[0-9]", "", line["pinyin"]))
        if syllables(heard) != wanted:
            differing.append(key)
            print(f"{key}: wanted {line['text']} heard {heard}")
    review(lines, folder.name)
    print(f"{len(lines)} lines, {len(differing)} to be listened to first: {' '.join(differing)}")


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
