"""Error rates of comparisons, after ISO/IEC 19795-1.  Pure.

    genuine     probe and reference of one person        FNMR: share of them that a limit turns away
    impostor    of two people                            FMR:  share of them that a limit lets pass

Pairs of the same people are not independent, so a count of pairs says too much.  Intervals of FNMR draw people instead of pairs
(bootstrap, 95 %).  Those of FMR take as many independent pairs as would scatter as much as these do (``effective_pairs``): a
person who is like everybody is in many pairs.  With no error at all, or with all wrong, the exact bound over people is told, and
with errors among fewer than ``LEAST_PEOPLE`` nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from kiosk.face.zones import Direction, Limits

Scores = NDArray[np.float64]
Numbers = NDArray[np.int64]
CONFIDENCE = 0.95
DRAWS = 500
LEAST_PEOPLE = 20  # fewer, and drawing them again shows too little of how people differ
LOOSER = 3  # times the FMR in question: there are errors enough to see how they hang together, and they hang together more


@dataclass(frozen=True, eq=False)
class Trial:
    """``genuine`` (n,) with ``people`` (n,), the number of the person of each pair; ``impostor`` (m,) with ``pairs`` (m, 2).

    ``pairs`` None: no impostor pair shares a person with another.  ``pictures`` were tried as references, in ``failures`` of them no
    face was found.  ``refused`` (n,): genuine pairs whose reference a kiosk would not compare, being too poor; ``faceless``: so many
    more whose reference has no face.
    """

    direction: Direction
    genuine: Scores
    people: Numbers
    impostor: Scores
    pictures: int = 0
    failures: int = 0
    pairs: Numbers | None = None
    refused: NDArray[np.bool_] | None = None
    faceless: int = 0

    def fnmr(self, limit: float) -> float:
        """Share of genuine pairs turned away, 0 to 1."""
        return 1 - float(self._pass(self.genuine, limit).mean())

    def fmr(self, limit: float) -> float:
        """Share of impostor pairs let pass, 0 to 1."""
        return float(self._pass(self.impostor, limit).mean())

    def limit_at(self, fmr: float) -> float:
        """The loosest limit that lets pass no more than this share of impostors: just closer than the first one too many."""
        closest_first = np.sort(self.impostor if self.direction is Direction.SMALLER else -self.impostor)
        allowed = int(fmr * len(closest_first) + 1e-9)
        if allowed >= len(closest_first):
            return math.inf if self.direction is Direction.SMALLER else -math.inf
        edge = float(np.nextafter(closest_first[allowed], -np.inf))
        return edge if self.direction is Direction.SMALLER else -edge

    def surely_at(self, fmr: float) -> float | None:
        """The loosest limit whose FMR is at most this with the upper bound over people; None when there are too few to say."""
        count = len(self.impostor)
        low, high = -1, int(fmr * count)
        while low < high:  # most impostors that may pass
            middle = (low + high + 1) // 2
            sure = self.fmr_by_people(self.limit_at(middle / count), fmr)[1] <= fmr
            low, high = (middle, high) if sure else (low, middle - 1)
        return None if low < 0 else self.limit_at(low / count)

    def fmr_by_people(self, limit: float, about: float) -> tuple[float, float]:
        """The 95 % interval of FMR when other people had been asked.  ``about``: the FMR that the limit is to keep, 0 to 1."""
        pairs = self.effective_pairs(limit, about)
        return interval(self.fmr(limit) * pairs, pairs)

    def effective_pairs(self, limit: float, about: float) -> float:
        """So many independent impostor pairs would scatter as much as these, here and where FMR is three times ``about``."""
        return len(self.impostor) / max(self._effect(limit), self._effect(self.limit_at(LOOSER * about)))

    def _effect(self, limit: float) -> float:
        """How many times the variance of FMR exceeds that of independent pairs (Fafchamps and Gubert 2007); at least 1."""
        passed = self._pass(self.impostor, limit)
        share, count = float(passed.mean()), len(passed)
        if self.pairs is None or not 0 < share < 1:
            return 1.0
        numbers, flat = np.unique(self.pairs, return_inverse=True)
        one, other = flat.reshape(-1, 2).T
        people, residuals = len(numbers), passed - share
        of_person = np.bincount(one, residuals, people) + np.bincount(other, residuals, people)
        of_two = np.bincount(np.minimum(one, other) * people + np.maximum(one, other), residuals)
        scatter = float((of_person**2).sum() - (of_two**2).sum()) * people / max(1, people - 2)
        return max(1.0, scatter / (count * share * (1 - share)))

    def shares(self, limits: Limits) -> tuple[float, float, float]:
        """Of the genuine pairs: accepted, left to a person, told no match.

        A reference that is too poor, or has no face, goes to a person.
        """
        compared = np.ones(len(self.genuine), bool) if self.refused is None else ~self.refused
        count = len(self.genuine) + self.faceless
        accepted = float((compared & self._pass(self.genuine, limits.accept)).sum()) / count
        lost = float((compared & ~self._pass(self.genuine, limits.review)).sum()) / count
        return accepted, 1 - accepted - lost, lost

    def fnmr_by_people(self, limit: float, random: Random) -> tuple[float, float] | None:
        """The 95 % interval of FNMR when other people had been asked: people are drawn again, each with all pairs.

        Nobody or everybody turned away: the exact bound over people.  None: too few people to say.
        """
        numbers = np.unique(self.people)
        turned_away = ~self._pass(self.genuine, limit)
        if turned_away.all() or not turned_away.any():
            sure = 1 - ((1 - CONFIDENCE) / 2) ** (1 / len(numbers))
            return (0.0, sure) if not turned_away.any() else (1 - sure, 1.0)
        if len(numbers) < LEAST_PEOPLE:
            return None
        wrong = np.array([turned_away[self.people == number].sum() for number in numbers])
        pairs = np.array([(self.people == number).sum() for number in numbers])
        rates = []
        for _ in range(DRAWS):
            drawn = random.choices(range(len(numbers)), k=len(numbers))
            rates.append(float(wrong[drawn].sum() / pairs[drawn].sum()))
        rates.sort()
        edge = (1 - CONFIDENCE) / 2
        return rates[int(edge * DRAWS)], rates[math.ceil((1 - edge) * DRAWS) - 1]

    def _pass(self, scores: Scores, limit: float) -> NDArray[np.bool_]:
        passed: NDArray[np.bool_] = (
            scores <= limit if self.direction is Direction.SMALLER else scores >= limit
        )
        return passed


def interval(errors: float, trials: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a share; the counts need not be whole.  Raises ZeroDivisionError without trials."""
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    share, weight = errors / trials, z * z / trials
    middle = (share + weight / 2) / (1 + weight)
    half = z * math.sqrt(share * (1 - share) / trials + weight / (4 * trials)) / (1 + weight)
    return max(0.0, middle - half), min(1.0, middle + half)


def det(trial: Trial, points: int = 400) -> list[tuple[float, float]]:
    """(FMR, FNMR) at FMR from one pair to half of them, as evenly as the picture's axes are; FNMR at most half."""
    normal = NormalDist()
    least_fmr, least_fnmr = 1 / len(trial.impostor), 1 / len(trial.genuine)
    curve = []
    for deviate in np.linspace(normal.inv_cdf(min(least_fmr, 0.5)), 0.0, points):
        limit = trial.limit_at(normal.cdf(float(deviate)))
        curve.append((trial.fmr(limit), trial.fnmr(limit)))
    kept = {(a, max(b, least_fnmr / 2)) for a, b in curve if least_fmr <= a <= 0.5 and b <= 0.5}
    return sorted(kept, key=lambda point: (point[0], -point[1]))


def draw_det(curves: dict[str, list[tuple[float, float]]], title: str) -> str:
    """An SVG picture of DET curves on normal-deviate axes; a curve on the lower edge had no error there."""
    left, top, width, height = 90, 50, 600, 500
    low, high = NormalDist().inv_cdf(1e-4), NormalDist().inv_cdf(0.5)

    def across(share: float) -> float:
        return (NormalDist().inv_cdf(min(max(share, 1e-4), 0.5)) - low) / (high - low)

    def at(fmr: float, fnmr: float) -> str:
        return f"{left + across(fmr) * width:.1f},{top + (1 - across(fnmr)) * height:.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 40}" height="{top + height + 80}" font-family="sans-serif">',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="{left}" y="30" font-size="18">{title}</text>',
    ]
    for share in (0.0001, 0.001, 0.01, 0.05, 0.1, 0.2, 0.5):
        x, y = left + across(share) * width, top + (1 - across(share)) * height
        words = f"{share * 100:g}%"
        parts += [
            f'<path d="M{x:.1f} {top}V{top + height}M{left} {y:.1f}H{left + width}" stroke="#dad6cc"/>',
            f'<text x="{x:.1f}" y="{top + height + 20}" font-size="12" text-anchor="middle">{words}</text>',
            f'<text x="{left - 8}" y="{y + 4:.1f}" font-size="12" text-anchor="end">{words}</text>',
        ]
    parts.append(
        f'<text x="{left + width / 2}" y="{top + height + 45}" font-size="14" text-anchor="middle">FMR</text>'
    )
    parts.append(f'<text x="20" y="{top + height / 2}" font-size="14">FNMR</text>')
    for number, ((name, curve), colour) in enumerate(
        zip(curves.items(), ("#0b5a5e", "#c2570c", "#b3261e", "#4a5b63"), strict=False)
    ):
        points = " ".join(at(fmr, fnmr) for fmr, fnmr in curve)
        y = top + 20 + 20 * number
        parts += [
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5"/>',
            f'<path d="M{left + width - 190} {y - 5}h30" stroke="{colour}" stroke-width="2.5"/>',
            f'<text x="{left + width - 150}" y="{y}" font-size="13">{name}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])
