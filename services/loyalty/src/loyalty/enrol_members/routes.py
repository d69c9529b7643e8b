"""HTTP doors of members."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, status

from loyalty.enrol_members.schemas import EnrolMember, MemberView
from loyalty.enrol_members.tables import MEMBER, Member
from loyalty.enrol_members.use_cases import enrol_member as enrol
from shared.events.loyalty import MemberEnrolled
from shared.kit.external import ExternalId, System, find
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading, Writing

router = Doors("loyalty", "members", tag="Enrol members")

MEMBERS = Listing(
    Member,
    filters={"customer_id": UUID, "program_id": UUID, "number": str},
    ranges={"enrolled_at": datetime, "available": int},
    sorts=("enrolled_at", "available", "number"),
    default="-enrolled_at",
    text=("number", "external_ids"),
)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=serves("3.2.6.2", emits=(MemberEnrolled,)),
)
async def enrol_member(request: EnrolMember, work: Writing) -> MemberView:
    """Enrol a customer in a programme, with their consent."""
    async with work:
        member = await enrol(work, request)
        view = MemberView.model_validate(member)
        return work.answer(view, location=f"/loyalty/members/{member.id}")


@router.get("", openapi_extra=serves("3.2.6.2"))
async def list_members(
    work: Reading, asked: Annotated[Asked, Depends(MEMBERS)]
) -> Page[MemberView]:
    """Members with their balances, newest first."""
    async with work:
        return work.answer(await MEMBERS.page(work, asked, MemberView))


@router.get("/by-external-id/{system}/{external_id}", openapi_extra=serves("3.2.6.2"))
async def read_member_by_external_id(
    system: System, external_id: ExternalId, work: Reading
) -> MemberView:
    """The member another system knows by this id."""
    async with work:
        member = await find(work, Member, MEMBER, system, external_id)
        return work.answer(MemberView.model_validate(member))


@router.get("/{member_id}", openapi_extra=serves("3.2.6.2", "3.2.6.3"))
async def read_member(member_id: UUID, work: Reading) -> MemberView:
    """A member and their balances."""
    async with work:
        return work.answer(MemberView.model_validate(await work.get(Member, member_id)))
