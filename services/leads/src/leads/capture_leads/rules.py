"""When two leads are one, and what can be done with a lead. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from leads.keep_accounts.rules import name_key, person_key
from leads.score_leads.rules import LeadSource
from shared.errors import Busy, Conflict


class LeadState(StrEnum):
    """new → working → qualified; nurture: later · disqualified: given up."""

    NEW = "new"
    WORKING = "working"
    QUALIFIED = "qualified"
    DISQUALIFIED = "disqualified"
    NURTURE = "nurture"


class LeadAct(StrEnum):
    WORK = "work"
    QUALIFY = "qualify"
    NURTURE = "nurture"
    DISQUALIFY = "disqualify"


class LeadActNotAllowed(Conflict):
    """The state of the lead does not allow this."""


class LeadIsContended(Busy):
    """The lead changed while it was being recognised; repeat the request."""


OPEN_STATES: Final = (LeadState.NEW, LeadState.WORKING, LeadState.NURTURE)

TRANSITIONS: Final = {
    (LeadState.NEW, LeadAct.WORK): LeadState.WORKING,
    (LeadState.NURTURE, LeadAct.WORK): LeadState.WORKING,
    (LeadState.NEW, LeadAct.QUALIFY): LeadState.QUALIFIED,
    (LeadState.WORKING, LeadAct.QUALIFY): LeadState.QUALIFIED,
    (LeadState.NEW, LeadAct.NURTURE): LeadState.NURTURE,
    (LeadState.WORKING, LeadAct.NURTURE): LeadState.NURTURE,
    (LeadState.NEW, LeadAct.DISQUALIFY): LeadState.DISQUALIFIED,
    (LeadState.WORKING, LeadAct.DISQUALIFY): LeadState.DISQUALIFIED,
    (LeadState.NURTURE, LeadAct.DISQUALIFY): LeadState.DISQUALIFIED,
}

RESPOND_WITHIN: Final = timedelta(hours=1)
"""Speed to lead: somebody takes a lead up within the hour."""


def after(state: LeadState, act: LeadAct) -> LeadState:
    """The state after an act; raises when the act is not allowed in this state."""
    try:
        return TRANSITIONS[state, act]
    except KeyError:
        allowed = ", ".join(allowed_actions(state)) or "nothing"
        raise LeadActNotAllowed(
            f"A lead that is {state} cannot take {act}; it allows {allowed}.", state=state
        ) from None


def allowed_actions(state: LeadState) -> list[str]:
    return [act.value for act in LeadAct if (state, act) in TRANSITIONS]


def first_response_due_at(created_at: datetime) -> datetime:
    return created_at + RESPOND_WITHIN


KINDS: Final = {
    LeadSource.API: "contact",
    LeadSource.FORM: "form",
    LeadSource.CAMPAIGN: "response",
    LeadSource.PARTNER: "deal",
}
"""What a touch of each source is called."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Somebody was heard of: who they are, as far as it was said, and through what."""

    source: LeadSource
    country: str
    company: str | None = None
    contact_name: str | None = None
    email: str | None = None
    phone: str | None = None
    account_id: UUID | None = None
    campaign_id: UUID | None = None
    response_id: UUID | None = None
    deal_id: UUID | None = None
    consents: Sequence[dict[str, Any]] = ()

    @property
    def company_key(self) -> str | None:
        return name_key(self.company) if self.company else None

    @property
    def contact_key(self) -> str | None:
        """Same company, country and person: the same lead, whatever the address."""
        person = person_key(self.contact_name or "")
        company = self.company_key
        return f"{company}|{self.country}|{person}" if company and person else None

    @property
    def reference(self) -> str | None:
        """What makes the same news, told twice, one touch."""
        if self.response_id:
            return f"response:{self.response_id}"
        return f"deal:{self.deal_id}" if self.deal_id else None
