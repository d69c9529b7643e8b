"""HTTP doors of partners."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, status

from partners.keep_partners.rules import PartnerState
from partners.keep_partners.schemas import (
    ChangePartner,
    PartnerView,
    PutPartner,
    RegisterPartner,
)
from partners.keep_partners.tables import Partner
from partners.keep_partners.use_cases import change_partner as change
from partners.keep_partners.use_cases import put_partner as put
from partners.keep_partners.use_cases import register_partner as register
from shared.events.partners import PartnerChanged, PartnerRegistered
from shared.kit.external import ExternalId, System, find
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading, Writing

router = Doors("partners", "partners", tag="Keep partners")

PARTNERS = Listing(
    Partner,
    filters={"state": PartnerState, "country": str},
    ranges={"created_at": datetime},
    sorts=("created_at", "name"),
    default="name",
    text=("name", "external_ids"),
)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=serves("3.5.5.4", emits=(PartnerRegistered,)),
)
async def register_partner(request: RegisterPartner, work: Writing) -> PartnerView:
    """Register a partner."""
    async with work:
        partner = await register(work, request)
        view = PartnerView.model_validate(partner)
        return work.answer(view, location=f"/partners/partners/{partner.id}")


@router.get("", openapi_extra=serves("3.5.5.4"))
async def list_partners(
    work: Reading, asked: Annotated[Asked, Depends(PARTNERS)]
) -> Page[PartnerView]:
    """Partners by name."""
    async with work:
        return work.answer(await PARTNERS.page(work, asked, PartnerView))


@router.get("/by-external-id/{system}/{external_id}", openapi_extra=serves("3.5.5.4"))
async def read_partner_by_external_id(
    system: System, external_id: ExternalId, work: Reading
) -> PartnerView:
    """The partner another system knows by this id."""
    async with work:
        partner = await find(work, Partner, "partner", system, external_id)
        return work.answer(PartnerView.model_validate(partner))


@router.put(
    "/by-external-id/{system}/{external_id}",
    responses={201: {"model": PartnerView, "description": "A new partner."}},
    openapi_extra=serves("3.5.5.4", emits=(PartnerRegistered, PartnerChanged)),
)
async def put_partner(
    system: System, external_id: ExternalId, request: PutPartner, work: Writing
) -> PartnerView:
    """Make or change the partner another system knows by this id."""
    async with work:
        partner, new = await put(work, system, external_id, request)
        return work.answer(
            PartnerView.model_validate(partner),
            status=status.HTTP_201_CREATED if new else status.HTTP_200_OK,
            location=f"/partners/partners/{partner.id}",
        )


@router.get("/{partner_id}", openapi_extra=serves("3.5.5.4"))
async def read_partner(partner_id: UUID, work: Reading) -> PartnerView:
    """A partner."""
    async with work:
        return work.answer(PartnerView.model_validate(await work.get(Partner, partner_id)))


@router.patch(
    "/{partner_id}", openapi_extra=serves("3.5.5.4", emits=(PartnerChanged,), must_match=True)
)
async def change_partner(partner_id: UUID, request: ChangePartner, work: Writing) -> PartnerView:
    """Change a partner, on the version you read (`If-Match`)."""
    async with work:
        return work.answer(PartnerView.model_validate(await change(work, partner_id, request)))
