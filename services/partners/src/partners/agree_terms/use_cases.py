"""Agree terms: draft, sign, put in force, terminate."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import Range

from partners.agree_terms.rules import (
    Act,
    AgreementRefused,
    AgreementState,
    PartnerHasTerms,
    TerritoryIsTaken,
    check_act,
    check_not_over,
)
from partners.agree_terms.schemas import DraftAgreement
from partners.agree_terms.tables import CLAIMS, Agreement, HeldTerritory, standing_against
from partners.keep_partners.tables import Partner
from shared.errors import Faults
from shared.events.partners import (
    AgreementActivated,
    AgreementDrafted,
    AgreementSigned,
    AgreementTerminated,
)
from shared.kit.database import new_id
from shared.kit.work import Work


async def draft_agreement(work: Work, request: DraftAgreement) -> Agreement:
    begin = request.valid_from or work.now
    faults = Faults()
    if await work.session.get(Partner, request.partner_id) is None:
        faults.add(
            "#/partner_id",
            "unknown_partner",
            f"{request.partner_id} is not a partner.",
            "GET /partners/partners lists them.",
            str(request.partner_id),
        )
    if request.valid_to is not None and request.valid_to <= begin:
        faults.add(
            "#/valid_to",
            "ends_too_early",
            "An agreement ends after it begins.",
            "Send a later valid_to, or leave it out.",
            request.valid_to.isoformat(),
        )
    faults.refuse_if_any(AgreementRefused)
    agreement = Agreement(
        id=new_id(),
        partner_id=request.partner_id,
        commission_percent=request.commission_percent,
        territories=sorted(set(request.territories)),
        exclusive=request.exclusive,
        valid_from=begin,
        valid_to=request.valid_to,
        created_at=work.now,
    )
    work.add(agreement)
    told = AgreementDrafted(agreement_id=agreement.id, partner_id=agreement.partner_id)
    work.emit(told, of=agreement)
    return agreement


async def sign_agreement(work: Work, agreement_id: UUID) -> Agreement:
    agreement = await work.edit(Agreement, agreement_id)
    check_act(agreement.state, Act.SIGN)
    agreement.state, agreement.signed_by = AgreementState.SIGNED, work.context.actor
    work.emit(
        AgreementSigned(
            agreement_id=agreement.id,
            partner_id=agreement.partner_id,
            signed_by=work.context.actor,
        ),
        of=agreement,
    )
    return agreement


async def activate_agreement(work: Work, agreement_id: UUID) -> Agreement:
    """Takes its territories; the database refuses what another agreement holds."""
    agreement = await work.edit(Agreement, agreement_id)
    check_act(agreement.state, Act.ACTIVATE)
    check_not_over(agreement.valid_to, work.now)
    # To name the other one. That there is none, also of those who act at once, the database says.
    for standing in await work.session.scalars(standing_against(agreement).limit(1)):
        _refuse(agreement, standing)
    agreement.state = AgreementState.ACTIVE
    own = await work.session.scalar(select(CLAIMS.next_value()))
    claim: Range[int] = Range(None, None) if agreement.exclusive else Range(own, own, bounds="[]")
    for country in agreement.territories:
        work.add(
            HeldTerritory(
                agreement_id=agreement.id,
                country=country,
                partner_id=agreement.partner_id,
                during=Range(agreement.valid_from, agreement.valid_to),
                claim=claim,
            )
        )
    work.emit(
        AgreementActivated(
            agreement_id=agreement.id,
            partner_id=agreement.partner_id,
            commission_percent=agreement.commission_percent,
            territories=list(agreement.territories),
            valid_from=agreement.valid_from,
            valid_to=agreement.valid_to,
        ),
        of=agreement,
    )
    return agreement


def _refuse(agreement: Agreement, standing: HeldTerritory) -> None:
    own = standing.partner_id == agreement.partner_id
    kind = PartnerHasTerms if own else TerritoryIsTaken
    whose = "of the same partner" if own else f"of partner {standing.partner_id}"
    named: dict[str, Any] = {
        "agreement_id": str(standing.agreement_id),
        "partner_id": str(standing.partner_id),
        "country": standing.country,
    }
    raise kind(
        f"Agreement {standing.agreement_id} {whose} holds {standing.country} in this period,"
        f" {'and a partner has one at a time' if own else 'and one of the two is exclusive'}.",
        **named,
    )


async def terminate_agreement(work: Work, agreement_id: UUID, reason: str) -> Agreement:
    """Its territories are free from now on; deals registered under it keep its rate."""
    agreement = await work.edit(Agreement, agreement_id)
    check_act(agreement.state, Act.TERMINATE)
    agreement.state, agreement.reason = AgreementState.TERMINATED, reason
    await _free_territories(work, agreement, work.now)
    work.emit(
        AgreementTerminated(
            agreement_id=agreement.id, partner_id=agreement.partner_id, reason=reason
        ),
        of=agreement,
    )
    return agreement


async def _free_territories(work: Work, agreement: Agreement, now: datetime) -> None:
    mine = HeldTerritory.agreement_id == agreement.id
    if agreement.valid_from >= now:
        await work.session.execute(delete(HeldTerritory).where(mine))
        return
    if agreement.valid_to is not None and agreement.valid_to <= now:
        return  # it had ended by itself; somebody else may hold them since
    ended: Range[datetime] = Range(agreement.valid_from, now)
    await work.session.execute(update(HeldTerritory).where(mine).values(during=ended))
