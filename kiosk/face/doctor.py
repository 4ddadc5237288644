"""``kiosk face doctor``: whether the face check can run here, how strong it is, and how many people will meet a person instead.

Words for a technician in English, for the office in Chinese.  Nothing here loads a network: it says in a second what is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec

from kiosk.config import Face
from kiosk.face import weights, zones
from kiosk.face.fed import fed
from kiosk.face.zones import Limits, Source, Thresholds

# ORL and Yale, one sitting each, original and JPEG-60 references (docs/face.md): best and worst share of 100 honest people
START_ACCEPTED = {"dlib": (62, 86), "face_recognition": (62, 86), "onnx": (97, 100)}
CHIP_BYTES = 1024  # what a chip holds of a picture, about
INSTALLED_AS = {"dlib": "dlib-bin"}
SOURCES = {Source.CERTIFIED: "上次认证的照片", Source.PHOTO: "中心的照片", Source.CHIP: "身份证芯片照片"}
STRENGTH = {
    "dlib": (
        "dlib cannot be made safe for this population at a usable reject rate: it is a first look, people decide",
        "自带的比对引擎只够初筛：限值从严，不少本人也会转给工作人员核对，这是正常的",
    ),
    "face_recognition": (
        "the library has dlib's network and dlib's limits; importing it opens a file that may not be used commercially:"
        " for comparing only",
        "这个引擎仅供对照测试，不要在大厅使用",
    ),
    "onnx": (
        "the operator's own network: as strong as its calibration says, under the licence the operator cleared",
        "运营单位自己安装的引擎：强弱以标定结果为准",
    ),
}


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    part: str
    good: bool
    words: str


def findings(face: Face) -> Iterator[Finding]:
    """Weights, engine, limits, and what they mean."""
    for one in weights.ENGINE:
        yield _weights(one)
    yield from _engine(face)
    model = weights.RESNET.sha256 if face.engine != "onnx" else fed(face.onnx)
    try:
        limits = _thresholds(face, model)
    except zones.ThresholdsRefused as error:
        yield Finding("limits", False, f"{error}. 限值不可用，本机暂不提供刷脸")
        return
    signed = f"signed, of {limits.made}" if face.thresholds else "start values, not calibrated here"
    yield Finding("limits", True, f"{signed}; {limits.digest}")
    english, chinese = STRENGTH[face.engine]
    yield Finding("strength", True, f"{english}. {chinese}")
    for source in Source:
        yield Finding(source.value, True, share(face, limits, source))


def examine(face: Face, say: Callable[[str], None]) -> bool:
    """Says every finding.  True when the face check can run."""
    good = True
    for finding in findings(face):
        say(f"{'good' if finding.good else 'BAD '}  {finding.part:<10} {finding.words}")
        good &= finding.good
    say(
        "The face check can run."
        if good
        else "The face check is not offered; the kiosk runs on without it. 不影响其他业务。"
    )
    return good


def share(face: Face, limits: Thresholds, source: Source) -> str:
    """Of one source: how many honest people in a hundred a person will compare, and how we know."""
    one, name = limits.of(source), SOURCES[source]
    edges = f"accept {one.accept:g}, review {one.review:g}"
    if source is Source.CHIP and face.reference.least_bytes > CHIP_BYTES:  # whatever was calibrated
        return (
            f"{edges}; 用{name}比对，几乎都转人工 (a picture below {face.reference.least_bytes} bytes is too poor:"
            " all go to a person)"
        )
    if one.honest_accepted is not None:
        manual = 100 * (1 - one.honest_accepted)
        return (
            f"{edges}; 用{name}比对，本人每 100 次约有 {manual:.0f} 次转人工"
            f" ({manual:.1f} % of honest people are not accepted{_left(one)}, by the calibration of {limits.made})"
        )
    if source is Source.CHIP:
        return f"{edges}; 用{name}比对，没有测过 (pictures of about {CHIP_BYTES} bytes are compared, never calibrated here)"
    low, high = START_ACCEPTED[face.engine]
    return (
        f"{edges}; 用{name}比对，本人每 100 次约有 {100 - high} 到 {100 - low} 次转人工"
        f" ({100 - high}-{100 - low} % of honest people, on two small public sets of one sitting: optimistic)"
    )


def _left(one: Limits) -> str:
    """What else calibration saw."""
    words = ""
    if one.honest_reviewed is not None:
        words += f": {100 * one.honest_reviewed:.1f} % go to a person, the rest are told no match"
    if one.strangers_accepted is not None:
        words += f"; {100 * one.strangers_accepted:.3f} % of strangers are accepted"
    return words


def _weights(one: weights.Weights) -> Finding:
    try:
        weights.checked(one)
    except weights.ModelAltered as error:
        return Finding("weights", False, f"{error}. 模型文件被改动过，请重新安装软件包 {one.package}")
    except weights.ModelMissing as error:
        return Finding("weights", False, f"{error}. 缺少模型文件，请安装软件包 {one.package}")
    return Finding("weights", True, one.name)


def _engine(face: Face) -> Iterator[Finding]:
    if face.engine == "onnx":
        yield _operators(face)
        return
    if face.engine == "face_recognition":
        for package in weights.LIBRARY:
            if find_spec(package) is None:
                name = INSTALLED_AS.get(package, package)
                yield Finding("engine", False, f"package {name} is not installed. 缺少 {name}")
    for one in (weights.RESNET,) if face.engine == "dlib" else weights.DLIB:
        yield _weights(one)


def _operators(face: Face) -> Finding:
    onnx = face.onnx
    if onnx.file is None or not onnx.sha256 or not onnx.licence.strip():
        return Finding(
            "engine", False, "face.onnx needs file, sha256 and licence. 没有写明模型文件、校验值和授权"
        )
    try:
        weights.read_checked(onnx.file, onnx.sha256)
    except weights.ModelError as error:
        return Finding("engine", False, f"{error}. 模型文件缺少或被改动过")
    return Finding("engine", True, f"{onnx.file.name}, licence: {onnx.licence}")


def _thresholds(face: Face, model: str) -> Thresholds:
    direction = zones.Direction.SMALLER
    if face.engine == "onnx" and face.onnx.metric == "cosine":
        direction = zones.Direction.LARGER
    return zones.thresholds_for(face, face.engine, model, direction)
