"""Enrol members, once each."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from loyalty.define_programs.rules import ProgramState
from loyalty.define_programs.tables import Program
from loyalty.enrol_members.rules import EnrolmentRefused, IsMember
from loyalty.enrol_members.schemas import EnrolMember
from loyalty.enrol_members.tables import MEMBER, MEMBER_NUMBERS, Member, membership
from loyalty.know_customers.tables import KnownCustomer
from shared.errors import Faults
from shared.events.loyalty import MemberEnrolled
from shared.kit.database import new_id
from shared.kit.external import claim
from shared.kit.work import Work


async def enrol_member(work: Work, request: EnrolMember) -> Member:
    customer = await work.session.get(KnownCustomer, request.customer_id)
    program = await work.session.get(Program, request.program_id)
    faults = Faults()
    if customer is None:
        faults.add(
            "#/customer_id",
            "unknown_customer",
            f"{request.customer_id} is not a customer.",
            "Register the account in leads; it is known here within moments.",
            str(request.customer_id),
        )
    if program is None or program.state is not ProgramState.ACTIVE:
        faults.add(
            "#/program_id",
            "no_active_program",
            f"{request.program_id} is not an active programme.",
            "GET /loyalty/programs?state=active lists them.",
            str(request.program_id),
        )
    if not request.consent.given:
        faults.add(
            "#/consent/given",
            "consent_needed",
            "Nobody is enrolled without consent.",
            "Ask the customer, and send given: true with the wording they agreed to.",
            "false",
        )
    faults.refuse_if_any(EnrolmentRefused)
    member = await _inserted(work, request)
    if member is None:
        known = await work.session.scalar(membership(request.customer_id, request.program_id))
        if known is None:  # enrolled by somebody else, and gone again
            raise IsMember
        raise IsMember(f"The customer is member {known.number} already.", member_id=str(known.id))
    claim(work, MEMBER, member.id, request.external_ids)
    work.emit(
        MemberEnrolled(
            member_id=member.id,
            customer_id=member.customer_id,
            program_id=member.program_id,
            number=member.number,
        ),
        of=member,
    )
    return member


async def _inserted(work: Work, request: EnrolMember) -> Member | None:
    """The new row; None when the customer is a member already, also by somebody else just now."""
    consent = request.consent.model_dump(mode="json")
    number = await work.session.scalar(select(MEMBER_NUMBERS.next_value()))
    made = insert(Member).values(
        id=new_id(),
        number=f"M-{number:08d}",
        customer_id=request.customer_id,
        program_id=request.program_id,
        source=request.source,
        consent={**consent, "at": consent["at"] or work.now.isoformat()},
        external_ids=dict(request.external_ids),
        enrolled_at=work.now,
        pending=0,
        available=0,
        spent=0,
        version=0,
    )
    once = made.on_conflict_do_nothing(index_elements=["customer_id", "program_id"])
    return await work.session.scalar(once.returning(Member))
