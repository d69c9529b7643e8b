"""HTTP doors of attribution."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from sqlalchemy import func, select

from campaigns.attribute_revenue.schemas import AttributionView, ResultsView, RevenueView
from campaigns.attribute_revenue.tables import Attribution, KnownOpportunity
from campaigns.run_campaigns.tables import Campaign
from campaigns.take_responses.tables import Response
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading
from shared.values import Money

router = Doors("campaigns", tag="Attribute revenue")

ATTRIBUTIONS = Listing(
    Attribution,
    filters={"campaign_id": UUID, "order_id": UUID, "opportunity_id": UUID},
    ranges={"attributed_at": datetime},
    sorts=("attributed_at",),
    default="-attributed_at",
)


@router.get("/attributions", openapi_extra=serves("3.3.4.6"))
async def list_attributions(
    work: Reading, asked: Annotated[Asked, Depends(ATTRIBUTIONS)]
) -> Page[AttributionView]:
    """Orders that are due to campaigns, newest first."""
    async with work:
        page = await ATTRIBUTIONS.page(work, asked, AttributionView, shown=AttributionView.of)
        return work.answer(page)


@router.get("/campaigns/{campaign_id}/results", openapi_extra=serves("3.3.4.6"))
async def read_campaign_results(campaign_id: UUID, work: Reading) -> ResultsView:
    """Responses, opportunities, orders and revenue of a campaign."""
    async with work:
        campaign = await work.get(Campaign, campaign_id)
        responses = select(func.count(Response.id)).where(Response.campaign_id == campaign_id)
        opportunities = select(func.count(KnownOpportunity.id)).where(
            KnownOpportunity.campaign_id == campaign_id
        )
        sums = (
            select(
                Attribution.currency,
                func.count(Attribution.id),
                func.sum(Attribution.revenue),
                func.sum(Attribution.net),
            )
            .where(Attribution.campaign_id == campaign_id)
            .group_by(Attribution.currency)
            .order_by(Attribution.currency)
        )
        return work.answer(
            ResultsView(
                campaign_id=campaign_id,
                recipients=campaign.recipients,
                responses=await work.session.scalar(responses) or 0,
                opportunities=await work.session.scalar(opportunities) or 0,
                revenue=[
                    RevenueView(
                        orders=orders,
                        revenue=Money.of(revenue, currency),
                        net=Money.of(net, currency),
                    )
                    for currency, orders, revenue, net in await work.session.execute(sums)
                ],
            )
        )
