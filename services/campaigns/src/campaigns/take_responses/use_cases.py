"""Take responses: one of each address to a campaign, however often it comes."""

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from campaigns.run_campaigns.rules import check_launched
from campaigns.run_campaigns.tables import Campaign
from campaigns.run_campaigns.use_cases import is_recipient
from campaigns.take_responses.rules import ResponseRefused
from campaigns.take_responses.schemas import TakeResponse
from campaigns.take_responses.tables import Response, response_from
from shared.errors import Faults, NotFound
from shared.events.campaigns import ResponseReceived
from shared.events.parts import Consent
from shared.kit.database import new_id
from shared.kit.work import Work


async def take_response(
    work: Work, campaign_id: UUID, request: TakeResponse
) -> tuple[Response, bool]:
    """The response, and whether it is a new one."""
    # Shared, so that responses do not wait for one another; whoever ends the campaign does.
    campaign = await work.session.get(Campaign, campaign_id, with_for_update={"read": True})
    if campaign is None:
        raise NotFound(f"There is no campaign {campaign_id}.")
    check_launched(campaign.state)
    faults = Faults()
    account = request.account_id
    if account is not None and not await is_recipient(work, campaign_id, account):
        faults.add(
            "#/account_id",
            "no_recipient",
            f"{account} was not in the audience.",
            "Leave it out; leads recognises known companies.",
            str(account),
        )
    faults.refuse_if_any(ResponseRefused)
    consent = Consent(
        channel=request.consent.channel,
        given=request.consent.given,
        wording=request.consent.wording,
        at=request.consent.at or work.now,
    )
    values = {
        **request.model_dump(exclude={"consent"}),
        "id": new_id(),
        "campaign_id": campaign_id,
        "consent": consent.model_dump(mode="json"),
        "created_at": work.now,
        "version": 1,
    }
    made = insert(Response).values(values).on_conflict_do_nothing().returning(Response.id)
    new = await work.session.scalar(made) is not None
    response = (await work.session.scalars(response_from(campaign_id, request.email))).one()
    if new:
        work.emit(
            ResponseReceived(
                response_id=response.id,
                campaign_id=campaign_id,
                account_id=response.account_id,
                company=response.company,
                country=response.country,
                contact_name=response.contact_name,
                email=response.email,
                phone=response.phone,
                consent=consent,
            ),
            sequence=1,
        )
    return response, new
