"""Manage the pipeline: open, move, lose; win by an accepted quote, exactly once."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from leads.keep_accounts.tables import Account
from leads.manage_pipeline.rules import (
    MoveKind,
    OpportunityIsClosed,
    OpportunityRefused,
    Stage,
    check_move,
    is_open,
)
from leads.manage_pipeline.schemas import LoseOpportunity, MoveOpportunity, OpenOpportunity
from leads.manage_pipeline.tables import Opportunity, OpportunityMove
from shared.errors import Faults
from shared.events.leads import (
    OpportunityChanged,
    OpportunityLost,
    OpportunityMoved,
    OpportunityOpened,
)
from shared.kit.database import new_id
from shared.kit.work import Work
from shared.values import Money


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an opportunity comes from."""

    lead_id: UUID | None = None
    campaign_id: UUID | None = None
    response_id: UUID | None = None
    deal_id: UUID | None = None


async def open_opportunity(work: Work, request: OpenOpportunity) -> Opportunity:
    """One that begins without a lead."""
    account = await work.session.get(Account, request.account_id)
    faults = Faults()
    if account is None:
        faults.add(
            "#/account_id",
            "unknown_account",
            f"{request.account_id} is not an account.",
            "Register the account first; POST /leads/accounts.",
            str(request.account_id),
        )
    faults.refuse_if_any(OpportunityRefused)
    origin = Origin(campaign_id=request.campaign_id)
    return store_opportunity(
        work,
        request.account_id,
        request.name,
        request.expected,
        origin=origin,
        expected_close_on=request.expected_close_on,
    )


def store_opportunity(
    work: Work,
    account_id: UUID,
    name: str,
    expected: Money,
    *,
    origin: Origin,
    expected_close_on: date | None = None,
) -> Opportunity:
    """An opportunity in its first stage, told with where it comes from."""
    opportunity = Opportunity(
        id=new_id(),
        account_id=account_id,
        name=name,
        expected_amount=expected.amount,
        currency=expected.currency,
        created_at=work.now,
        expected_close_on=expected_close_on,
        lead_id=origin.lead_id,
        campaign_id=origin.campaign_id,
        response_id=origin.response_id,
        deal_id=origin.deal_id,
        moves=[line_of(work, MoveKind.OPENED, Stage.DISCOVERY)],
    )
    work.add(opportunity)
    work.emit(
        OpportunityOpened(
            opportunity_id=opportunity.id,
            account_id=account_id,
            expected=expected,
            stage=opportunity.stage,
            lead_id=origin.lead_id,
            campaign_id=origin.campaign_id,
            response_id=origin.response_id,
            deal_id=origin.deal_id,
        ),
        of=opportunity,
    )
    return opportunity


async def move_opportunity(
    work: Work, opportunity_id: UUID, request: MoveOpportunity
) -> Opportunity:
    """To another open stage. Where it stands already nothing changes."""
    opportunity = await work.edit(Opportunity, opportunity_id)
    check_move(opportunity.stage, request.stage)
    if request.stage is not opportunity.stage:
        move(work, opportunity, request.stage, note=request.reason)
    return opportunity


async def lose_opportunity(
    work: Work, opportunity_id: UUID, request: LoseOpportunity
) -> Opportunity:
    opportunity = await work.edit(Opportunity, opportunity_id)
    before = opportunity.stage
    if not is_open(before):
        raise OpportunityIsClosed(f"The opportunity is {before}; it stays so.", stage=before)
    opportunity.stage, opportunity.closed_at = Stage.LOST, work.now
    opportunity.lost_reason, opportunity.competitor = request.reason, request.competitor
    tell(work, opportunity, MoveKind.LOST, before=before, note=request.reason)
    work.emit(
        OpportunityLost(
            opportunity_id=opportunity.id,
            account_id=opportunity.account_id,
            reason=request.reason,
            competitor=request.competitor,
        ),
        of=opportunity,
    )
    return opportunity


async def link_deal(work: Work, opportunity_id: UUID, deal_id: UUID) -> None:
    """The deal of the opportunity's lead is the opportunity's too."""
    opportunity = await work.edit(Opportunity, opportunity_id)
    opportunity.deal_id = deal_id
    note(work, opportunity, f"Deal {deal_id} was linked.")


def move(
    work: Work,
    opportunity: Opportunity,
    stage: Stage,
    *,
    note: str | None = None,
    quote_id: UUID | None = None,
) -> None:
    """Goes to the stage and tells it."""
    before, opportunity.stage = opportunity.stage, stage
    tell(work, opportunity, MoveKind.MOVED, before=before, note=note, quote_id=quote_id)
    told = OpportunityMoved(opportunity_id=opportunity.id, before=before, stage=stage)
    work.emit(told, of=opportunity)


def note(work: Work, opportunity: Opportunity, said: str, quote_id: UUID | None = None) -> None:
    """Something to know about it that changes no stage."""
    stage = opportunity.stage
    tell(work, opportunity, MoveKind.NOTED, before=stage, note=said, quote_id=quote_id)
    work.emit(
        OpportunityChanged(
            opportunity_id=opportunity.id,
            account_id=opportunity.account_id,
            expected=Money.of(opportunity.expected_amount, opportunity.currency),
            stage=stage,
            what=said,
            lead_id=opportunity.lead_id,
            campaign_id=opportunity.campaign_id,
            response_id=opportunity.response_id,
            deal_id=opportunity.deal_id,
        ),
        of=opportunity,
    )


def tell(
    work: Work,
    opportunity: Opportunity,
    kind: MoveKind,
    *,
    before: Stage,
    note: str | None = None,
    quote_id: UUID | None = None,
) -> None:
    """Writes a line of the history."""
    line = line_of(work, kind, opportunity.stage, before=before, note=note, quote_id=quote_id)
    line.opportunity_id = opportunity.id
    work.add(line)


def line_of(
    work: Work,
    kind: MoveKind,
    stage: Stage,
    *,
    before: Stage | None = None,
    note: str | None = None,
    quote_id: UUID | None = None,
) -> OpportunityMove:
    return OpportunityMove(
        id=new_id(),
        at=work.now,
        kind=kind,
        stage=stage,
        actor=work.context.actor,
        before=before,
        note=note,
        quote_id=quote_id,
    )
