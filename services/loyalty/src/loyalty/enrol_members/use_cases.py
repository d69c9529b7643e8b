"""Enrol members, once each."""

from sqlalchemy import select

from loyalty.define_programs.rules import ProgramState
from loyalty.define_programs.tables import Program
from loyalty.enrol_members.rules import EnrolmentRefused
from loyalty.enrol_members.schemas import EnrolMember
from loyalty.enrol_members.tables import MEMBER_NUMBERS, Member
from loyalty.know_customers.tables import KnownCustomer
from shared.errors import Faults
from shared.events.loyalty import MemberEnrolled
from shared.kit.database import new_id
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
    consent = request.consent.model_dump(mode="json")
    member = Member(
        id=new_id(),
        number=f"M-{await work.session.scalar(select(MEMBER_NUMBERS.next_value())):08d}",
        customer_id=request.customer_id,
        program_id=request.program_id,
        source=request.source,
        consent={**consent, "at": consent["at"] or work.now.isoformat()},
        enrolled_at=work.now,
    )
    work.add(member)
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
