"""HTTP doors of responses."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, status

from campaigns.take_responses.schemas import ResponseView, TakeResponse
from campaigns.take_responses.tables import Response
from campaigns.take_responses.use_cases import take_response as take
from shared.events.campaigns import ResponseReceived
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading, Writing

router = Doors("campaigns", tag="Take responses")

RESPONSES = Listing(
    Response,
    filters={"campaign_id": UUID, "account_id": UUID},
    ranges={"created_at": datetime},
    sorts=("created_at",),
    default="-created_at",
)


@router.post(
    "/campaigns/{campaign_id}/responses",
    status_code=status.HTTP_201_CREATED,
    responses={200: {"model": ResponseView, "description": "This address has answered before."}},
    openapi_extra=serves("3.3.4.5", "3.5.1.2", emits=(ResponseReceived,)),
)
async def take_response(campaign_id: UUID, request: TakeResponse, work: Writing) -> ResponseView:
    """Take an answer to a campaign; the same address answers once."""
    async with work:
        response, new = await take(work, campaign_id, request)
        return work.answer(
            ResponseView.model_validate(response),
            status=status.HTTP_201_CREATED if new else status.HTTP_200_OK,
            location=f"/campaigns/responses/{response.id}",
        )


@router.get("/responses", openapi_extra=serves("3.3.4.5"))
async def list_responses(
    work: Reading, asked: Annotated[Asked, Depends(RESPONSES)]
) -> Page[ResponseView]:
    """Responses, newest first."""
    async with work:
        return work.answer(await RESPONSES.page(work, asked, ResponseView))


@router.get("/responses/{response_id}", openapi_extra=serves("3.3.4.5"))
async def read_response(response_id: UUID, work: Reading) -> ResponseView:
    """A response."""
    async with work:
        return work.answer(ResponseView.model_validate(await work.get(Response, response_id)))
