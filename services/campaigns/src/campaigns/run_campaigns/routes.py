"""HTTP doors of campaigns."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, status

from campaigns.know_accounts.tables import audience, audience_size
from campaigns.run_campaigns.rules import CampaignState
from campaigns.run_campaigns.schemas import (
    AudienceView,
    CampaignView,
    ChangeCampaign,
    DraftCampaign,
    EndCampaign,
    RecipientView,
)
from campaigns.run_campaigns.tables import Campaign, Recipient
from campaigns.run_campaigns.use_cases import change_campaign as change
from campaigns.run_campaigns.use_cases import draft_campaign as draft
from campaigns.run_campaigns.use_cases import end_campaign as end
from campaigns.run_campaigns.use_cases import launch_campaign as launch
from shared.events.campaigns import CampaignDrafted, CampaignEnded, CampaignLaunched
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading, Writing

router = Doors("campaigns", "campaigns", tag="Run campaigns")

CAMPAIGNS = Listing(
    Campaign,
    filters={"state": CampaignState},
    ranges={"created_at": datetime},
    sorts=("created_at", "name"),
    default="-created_at",
    text=("name", "objective"),
)
RECIPIENTS = Listing(Recipient, sorts=("name",), default="name", text=("name",), key="account_id")


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=serves("3.3.4.1", "3.3.4.3", emits=(CampaignDrafted,)),
)
async def draft_campaign(request: DraftCampaign, work: Writing) -> CampaignView:
    """Draft a campaign for the accounts of some segments."""
    async with work:
        campaign = await draft(work, request)
        view = CampaignView.of(campaign)
        return work.answer(view, location=f"/campaigns/campaigns/{campaign.id}")


@router.get("", openapi_extra=serves("3.3.4.1"))
async def list_campaigns(
    work: Reading, asked: Annotated[Asked, Depends(CAMPAIGNS)]
) -> Page[CampaignView]:
    """Campaigns, newest first."""
    async with work:
        return work.answer(await CAMPAIGNS.page(work, asked, CampaignView, shown=CampaignView.of))


@router.get("/{campaign_id}", openapi_extra=serves("3.3.4.1"))
async def read_campaign(campaign_id: UUID, work: Reading) -> CampaignView:
    """A campaign."""
    async with work:
        return work.answer(CampaignView.of(await work.get(Campaign, campaign_id)))


@router.patch(
    "/{campaign_id}",
    openapi_extra=serves("3.3.4.1", "3.3.4.3", emits=(CampaignDrafted,), must_match=True),
)
async def change_campaign(
    campaign_id: UUID, request: ChangeCampaign, work: Writing
) -> CampaignView:
    """Change a draft, on the version you read (`If-Match`)."""
    async with work:
        return work.answer(CampaignView.of(await change(work, campaign_id, request)))


@router.get("/{campaign_id}/audience", openapi_extra=serves("3.3.4.3"))
async def preview_audience(campaign_id: UUID, work: Reading) -> AudienceView:
    """Whom a launch would reach now."""
    async with work:
        campaign = await work.get(Campaign, campaign_id)
        segments, countries = list(campaign.segments), list(campaign.countries)
        count = await work.session.scalar(audience_size(segments, countries))
        first = await work.session.scalars(audience(segments, countries).limit(20))
        return work.answer(AudienceView(count=count or 0, sample=[one.name for one in first]))


@router.post(
    "/{campaign_id}/launch", openapi_extra=serves("3.3.4.3", "3.3.4.5", emits=(CampaignLaunched,))
)
async def launch_campaign(campaign_id: UUID, work: Writing) -> CampaignView:
    """Launch a campaign: its audience is frozen."""
    async with work:
        return work.answer(CampaignView.of(await launch(work, campaign_id)))


@router.post("/{campaign_id}/end", openapi_extra=serves("3.3.4.5", emits=(CampaignEnded,)))
async def end_campaign(campaign_id: UUID, request: EndCampaign, work: Writing) -> CampaignView:
    """End a campaign: it takes no more responses."""
    async with work:
        return work.answer(CampaignView.of(await end(work, campaign_id, request.reason)))


@router.get("/{campaign_id}/recipients", openapi_extra=serves("3.3.4.3", "3.3.4.5"))
async def list_recipients(
    campaign_id: UUID, work: Reading, asked: Annotated[Asked, Depends(RECIPIENTS)]
) -> Page[RecipientView]:
    """The frozen audience."""
    async with work:
        await work.get(Campaign, campaign_id)
        page = await RECIPIENTS.page(
            work,
            asked,
            RecipientView,
            narrowed=lambda chosen: chosen.where(Recipient.campaign_id == campaign_id),
        )
        return work.answer(page)
