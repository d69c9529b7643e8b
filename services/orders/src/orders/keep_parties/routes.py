"""HTTP doors of parties."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from orders.keep_parties.rules import PartyState
from orders.keep_parties.schemas import ChangeParty, PartyView
from orders.keep_parties.tables import Party
from orders.keep_parties.use_cases import change_party as change
from shared.events.orders import PartyChanged
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading, Writing

router = Doors("orders", "parties", tag="Keep parties")

PARTIES = Listing(
    Party,
    filters={"state": PartyState, "country": str, "segment": str},
    sorts=("created_at", "name"),
    default="name",
    text=("name", "external_ids"),
)


@router.get("", openapi_extra=serves("3.5.4.2"))
async def list_parties(work: Reading, asked: Annotated[Asked, Depends(PARTIES)]) -> Page[PartyView]:
    """Those who can order."""
    async with work:
        return work.answer(await PARTIES.page(work, asked, PartyView))


@router.get("/{party_id}", openapi_extra=serves("3.5.4.2"))
async def read_party(party_id: UUID, work: Reading) -> PartyView:
    """A party and its terms."""
    async with work:
        return work.answer(PartyView.model_validate(await work.get(Party, party_id)))


@router.patch(
    "/{party_id}",
    openapi_extra=serves("3.5.4.2", "3.5.4.2.3", emits=(PartyChanged,), must_match=True),
)
async def change_party(party_id: UUID, request: ChangeParty, work: Writing) -> PartyView:
    """Change the terms of a party, on the version you read (`If-Match`)."""
    async with work:
        party = await change(work, party_id, request)
        return work.answer(PartyView.model_validate(party))
