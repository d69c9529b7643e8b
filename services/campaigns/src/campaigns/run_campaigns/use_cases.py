"""Run campaigns."""

from uuid import UUID

from sqlalchemy import insert, literal, select

from campaigns.know_accounts.tables import KnownAccount, audience
from campaigns.run_campaigns.rules import (
    CampaignState,
    EmptyAudience,
    check_draft,
    check_launched,
)
from campaigns.run_campaigns.schemas import ChangeCampaign, DraftCampaign
from campaigns.run_campaigns.tables import Campaign, Recipient
from shared.events.campaigns import CampaignDrafted, CampaignEnded, CampaignLaunched
from shared.kit.database import new_id
from shared.kit.work import Work


async def draft_campaign(work: Work, request: DraftCampaign) -> Campaign:
    campaign = Campaign(id=new_id(), created_at=work.now, **request.model_dump())
    work.add(campaign)
    _tell_draft(work, campaign)
    return campaign


async def change_campaign(work: Work, campaign_id: UUID, request: ChangeCampaign) -> Campaign:
    campaign = await work.edit(Campaign, campaign_id)
    check_draft(campaign.state)
    for name, value in request.model_dump(exclude_unset=True).items():
        if value is not None or name == "promotion_code":
            setattr(campaign, name, value)
    _tell_draft(work, campaign)
    return campaign


def _tell_draft(work: Work, campaign: Campaign) -> None:
    told = CampaignDrafted(
        campaign_id=campaign.id, name=campaign.name, segments=list(campaign.segments)
    )
    work.emit(told, of=campaign)


async def launch_campaign(work: Work, campaign_id: UUID) -> Campaign:
    """Freezes the audience: whoever is in it now is a recipient, whoever joins later is not."""
    campaign = await work.edit(Campaign, campaign_id)
    check_draft(campaign.state)
    chosen = audience(list(campaign.segments), list(campaign.countries)).with_only_columns(
        literal(campaign.id).label("campaign_id"), KnownAccount.id, KnownAccount.name
    )
    frozen = insert(Recipient).from_select(["campaign_id", "account_id", "name"], chosen)
    reached = await work.session.execute(frozen.returning(Recipient.account_id))
    campaign.recipients = len(reached.all())
    if not campaign.recipients:
        where = f" in {', '.join(campaign.countries)}" if campaign.countries else ""
        raise EmptyAudience(f"No account is in the segments {', '.join(campaign.segments)}{where}.")
    campaign.state, campaign.launched_at = CampaignState.LAUNCHED, work.now
    work.emit(
        CampaignLaunched(
            campaign_id=campaign.id,
            name=campaign.name,
            segments=list(campaign.segments),
            recipients=campaign.recipients,
            promotion_code=campaign.promotion_code,
        ),
        of=campaign,
    )
    return campaign


async def end_campaign(work: Work, campaign_id: UUID, reason: str) -> Campaign:
    campaign = await work.edit(Campaign, campaign_id)
    check_launched(campaign.state)
    campaign.state, campaign.ended_at, campaign.reason = CampaignState.ENDED, work.now, reason
    work.emit(CampaignEnded(campaign_id=campaign.id, reason=reason), of=campaign)
    return campaign


async def is_recipient(work: Work, campaign_id: UUID, account_id: UUID) -> bool:
    chosen = select(Recipient.account_id).where(
        Recipient.campaign_id == campaign_id, Recipient.account_id == account_id
    )
    return await work.session.scalar(chosen) is not None
