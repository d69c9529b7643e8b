"""HTTP doors of agreements."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, status

from partners.agree_terms.rules import AgreementState
from partners.agree_terms.schemas import AgreementView, DraftAgreement, TerminateAgreement
from partners.agree_terms.tables import Agreement
from partners.agree_terms.use_cases import activate_agreement as activate
from partners.agree_terms.use_cases import draft_agreement as draft
from partners.agree_terms.use_cases import sign_agreement as sign
from partners.agree_terms.use_cases import terminate_agreement as terminate
from shared.events.partners import (
    AgreementActivated,
    AgreementDrafted,
    AgreementSigned,
    AgreementTerminated,
)
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading, Writing

router = Doors("partners", "agreements", tag="Agree terms")

AGREEMENTS = Listing(
    Agreement,
    filters={"partner_id": UUID, "state": AgreementState},
    ranges={"valid_from": datetime},
    sorts=("created_at", "valid_from"),
    default="-created_at",
)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=serves("3.4.2.9", emits=(AgreementDrafted,)),
)
async def draft_agreement(request: DraftAgreement, work: Writing) -> AgreementView:
    """Write terms down."""
    async with work:
        agreement = await draft(work, request)
        view = AgreementView.of(agreement)
        return work.answer(view, location=f"/partners/agreements/{agreement.id}")


@router.get("", openapi_extra=serves("3.4.2.9"))
async def list_agreements(
    work: Reading, asked: Annotated[Asked, Depends(AGREEMENTS)]
) -> Page[AgreementView]:
    """Agreements, newest first."""
    async with work:
        page = await AGREEMENTS.page(work, asked, AgreementView, shown=AgreementView.of)
        return work.answer(page)


@router.get("/{agreement_id}", openapi_extra=serves("3.4.2.9"))
async def read_agreement(agreement_id: UUID, work: Reading) -> AgreementView:
    """An agreement."""
    async with work:
        return work.answer(AgreementView.of(await work.get(Agreement, agreement_id)))


@router.post(
    "/{agreement_id}/sign",
    openapi_extra=serves("3.4.2.9", scope="approve", emits=(AgreementSigned,)),
)
async def sign_agreement(agreement_id: UUID, work: Writing) -> AgreementView:
    """Sign an agreement for us."""
    async with work:
        return work.answer(AgreementView.of(await sign(work, agreement_id)))


@router.post(
    "/{agreement_id}/activate", openapi_extra=serves("3.4.2.9", emits=(AgreementActivated,))
)
async def activate_agreement(agreement_id: UUID, work: Writing) -> AgreementView:
    """Put a signed agreement in force; overlaps and exclusivity conflicts are refused."""
    async with work:
        return work.answer(AgreementView.of(await activate(work, agreement_id)))


@router.post(
    "/{agreement_id}/terminate", openapi_extra=serves("3.4.2.9", emits=(AgreementTerminated,))
)
async def terminate_agreement(
    agreement_id: UUID, request: TerminateAgreement, work: Writing
) -> AgreementView:
    """End an agreement before its time."""
    async with work:
        return work.answer(AgreementView.of(await terminate(work, agreement_id, request.reason)))
