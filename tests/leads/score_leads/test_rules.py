"""The score of a lead: what it is made of, and how it fades."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from leads.score_leads.rules import Facts, Touch, behaviour_of, fit_of, score_of

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
NOBODY = Facts(country="AQ", email="a@gmail.com", phone=None, company=None, known_account=False)
IDEAL = Facts(
    country="GB", email="a@shop.example", phone="+4420", company="Shop", known_account=True
)

touches = st.lists(
    st.builds(
        Touch,
        at=st.datetimes(datetime(2020, 1, 1), datetime(2026, 12, 31)).map(  # noqa: DTZ001  # made aware below
            lambda at: at.replace(tzinfo=UTC)
        ),
        weight=st.integers(1, 20),
    ),
    max_size=12,
)


def test_nobody_fits_nothing_and_the_ideal_fits_wholly():
    assert sum(part.points for part in fit_of(NOBODY)) == 0
    assert sum(part.points for part in fit_of(IDEAL)) == 60


def test_a_touch_is_worth_half_after_a_fortnight():
    touch = Touch(NOW, 20)
    assert behaviour_of([touch], NOW) == 20
    assert behaviour_of([touch], NOW + timedelta(days=14)) == 10
    assert behaviour_of([touch], NOW + timedelta(days=28)) == 5


def test_behaviour_has_a_ceiling():
    assert behaviour_of([Touch(NOW, 20)] * 9, NOW) == 40


@given(touches, st.booleans())
def test_the_explanation_sums_to_the_score(given_touches: list[Touch], ideal: bool):
    found = score_of(IDEAL if ideal else NOBODY, given_touches, NOW)
    assert sum(part.points for part in found.explanation) == found.score
    assert 0 <= found.fit <= 60
    assert 0 <= found.behaviour <= 40


@given(touches, st.timedeltas(timedelta(), timedelta(days=400)))
def test_silence_never_raises_a_score(given_touches: list[Touch], silence: timedelta):
    latest = max([NOW, *(touch.at for touch in given_touches)])
    assert behaviour_of(given_touches, latest + silence) <= behaviour_of(given_touches, latest)


@given(touches)
def test_another_touch_never_lowers_a_score(given_touches: list[Touch]):
    assert behaviour_of([*given_touches, Touch(NOW, 8)], NOW) >= behaviour_of(given_touches, NOW)
