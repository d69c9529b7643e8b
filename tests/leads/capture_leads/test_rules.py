"""The states of a lead, and what makes two of them one."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from leads.capture_leads.rules import (
    Heard,
    LeadAct,
    LeadActNotAllowed,
    LeadState,
    after,
    allowed_actions,
)
from leads.score_leads.rules import LeadSource

ENDS = (LeadState.QUALIFIED, LeadState.DISQUALIFIED)


class LifeOfALead(RuleBasedStateMachine):
    """Any acts in any order: an end is an end, and only allowed acts do anything."""

    def __init__(self) -> None:
        super().__init__()
        self.states = [LeadState.NEW]

    @rule(act=st.sampled_from(LeadAct))
    def try_to(self, act: LeadAct) -> None:
        before = self.states[-1]
        if act.value in allowed_actions(before):
            self.states.append(after(before, act))
        else:
            with pytest.raises(LeadActNotAllowed):
                after(before, act)

    @invariant()
    def ends_are_ends(self) -> None:
        assert not set(self.states[:-1]) & set(ENDS)
        assert (allowed_actions(self.states[-1]) == []) == (self.states[-1] in ENDS)

    @invariant()
    def nothing_becomes_new_again(self) -> None:
        assert LeadState.NEW not in self.states[1:]

    @invariant()
    def the_nurtured_are_taken_up_before_they_qualify(self) -> None:
        pairs = zip(self.states, self.states[1:], strict=False)
        assert (LeadState.NURTURE, LeadState.QUALIFIED) not in list(pairs)


LifeOfALead.TestCase.settings = settings(max_examples=60, stateful_step_count=12)
TestLifeOfALead = LifeOfALead.TestCase


def heard(company: str | None, contact: str | None, country: str = "GB") -> Heard:
    return Heard(LeadSource.API, country, company, contact)


def test_the_same_person_at_the_same_company_is_the_same_lead():
    one, other = heard("Müller GmbH", "Eva Sá"), heard("MULLER", "eva sa")
    assert one.contact_key == other.contact_key == "muller|GB|eva sa"
    assert heard("Muller", "Eva Sa", "FR").contact_key != one.contact_key


@pytest.mark.parametrize(("company", "contact"), [(None, "Eva"), ("Muller", None), ("Muller", "-")])
def test_without_company_or_person_nothing_is_the_same(company: str | None, contact: str | None):
    assert heard(company, contact).contact_key is None
