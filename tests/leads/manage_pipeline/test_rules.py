"""The stages of an opportunity."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from leads.manage_pipeline.rules import (
    OPEN_STAGES,
    PROBABILITIES,
    LosingNeedsAReason,
    OnlyAQuoteWins,
    OpportunityIsClosed,
    Stage,
    after_quote,
    allowed_actions,
    check_move,
    is_open,
    weighted,
)


class LifeOfAnOpportunity(RuleBasedStateMachine):
    """Moves by people and quotes in any order: only a quote wins, and an end is an end."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage.DISCOVERY
        self.ended: Stage | None = None

    @rule(wanted=st.sampled_from(Stage))
    def move(self, wanted: Stage) -> None:
        if self.ended:
            with pytest.raises(OpportunityIsClosed):
                check_move(self.stage, wanted)
        elif wanted is Stage.WON:
            with pytest.raises(OnlyAQuoteWins):
                check_move(self.stage, wanted)
        elif wanted is Stage.LOST:
            with pytest.raises(LosingNeedsAReason):
                check_move(self.stage, wanted)
        else:
            check_move(self.stage, wanted)
            self.stage = wanted

    @rule()
    def send_quote(self) -> None:
        if is_open(self.stage):
            before, self.stage = self.stage, after_quote(self.stage)
            assert list(Stage).index(self.stage) >= list(Stage).index(before)
            assert self.stage is not Stage.DISCOVERY

    @rule(end=st.sampled_from([Stage.WON, Stage.LOST]))
    def end(self, end: Stage) -> None:
        if is_open(self.stage):
            self.stage = self.ended = end

    @invariant()
    def an_end_stays(self) -> None:
        if self.ended:
            assert self.stage is self.ended
            assert allowed_actions(self.stage) == []


LifeOfAnOpportunity.TestCase.settings = settings(max_examples=60, stateful_step_count=12)
TestLifeOfAnOpportunity = LifeOfAnOpportunity.TestCase


def test_probability_rises_along_the_pipeline():
    along = [PROBABILITIES[stage] for stage in (*OPEN_STAGES, Stage.WON)]
    assert along == sorted(along)
    assert PROBABILITIES[Stage.LOST] == 0


@given(st.integers(0, 10**9), st.sampled_from(Stage))
def test_a_weighted_amount_is_within_the_amount(units: int, stage: Stage):
    amount = Decimal(units).scaleb(-2)
    assert 0 <= weighted(amount, stage, "GBP") <= amount
    assert weighted(amount, stage, "JPY") == weighted(amount, stage, "JPY").to_integral_value()
