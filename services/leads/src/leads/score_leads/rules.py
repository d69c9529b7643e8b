"""The score of a lead, 0 to 100, with its explanation. Pure.

Fit (0–60) is who they are; behaviour (0–40) is what they did, each touch fading with a half-life
of 14 days. A score is a rule that can be read: no part of it is learned.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from leads.keep_accounts.rules import business_domain


class LeadSource(StrEnum):
    """api: another system · campaign: an answer · partner: a registered deal · form: a web form."""

    API = "api"
    CAMPAIGN = "campaign"
    PARTNER = "partner"
    FORM = "form"


THRESHOLD: Final = 30
"""Below this score a lead is qualified only with a reason."""

HALF_LIFE: Final = timedelta(days=14)
MOST_BEHAVIOUR: Final = 40

_DELIVERED = "AT BE CH DE DK ES FI FR GB IE IT LU NL NO PL PT SE US"
TARGET_COUNTRIES: Final = frozenset(_DELIVERED.split())
"""Where we deliver from stock."""

TOUCH_WEIGHTS: Final = {
    LeadSource.API: 8,
    LeadSource.FORM: 12,
    LeadSource.CAMPAIGN: 15,
    LeadSource.PARTNER: 20,
}
"""Points of a touch on its day: a partner's deal says more than a record of another system."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a lead."""

    country: str
    email: str | None
    phone: str | None
    company: str | None
    known_account: bool


@dataclass(frozen=True, slots=True)
class Touch:
    """When it was heard of, and how much that weighed then."""

    at: datetime
    weight: int


@dataclass(frozen=True, slots=True)
class Part:
    """One line of an explanation."""

    what: str
    points: int


@dataclass(frozen=True, slots=True)
class Score:
    """The parts of the explanation sum to the score."""

    fit: int
    behaviour: int
    explanation: Sequence[Part]

    @property
    def score(self) -> int:
        return self.fit + self.behaviour


def score_of(facts: Facts, touches: Sequence[Touch], now: datetime) -> Score:
    """The score as of now, with every rule and what it gave."""
    fit = fit_of(facts)
    behaviour = behaviour_of(touches, now)
    days = HALF_LIFE.days
    said = f"touches: {len(touches)}, each worth half after {days} days, at most {MOST_BEHAVIOUR}"
    return Score(sum(part.points for part in fit), behaviour, [*fit, Part(said, behaviour)])


def fit_of(facts: Facts) -> list[Part]:
    """Five rules, 60 points in all."""
    rules = (
        ("country is a target market", 15, facts.country in TARGET_COUNTRIES),
        ("e-mail at a company's domain", 15, business_domain(facts.email) is not None),
        ("account is known", 15, facts.known_account),
        ("phone is valid", 10, facts.phone is not None),
        ("company is named", 5, bool(facts.company)),
    )
    return [Part(what, points if holds else 0) for what, points, holds in rules]


def behaviour_of(touches: Sequence[Touch], now: datetime) -> int:
    """The weights of all touches, halved every 14 days, up to 40 points."""
    return min(MOST_BEHAVIOUR, int(sum(_left(touch, now) for touch in touches) + 0.5))


def _left(touch: Touch, now: datetime) -> float:
    age: float = max(timedelta(), now - touch.at) / HALF_LIFE
    return touch.weight * float(0.5**age)
