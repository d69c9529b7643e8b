"""HTTP doors of programmes."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, status

from loyalty.define_programs.rules import ProgramState
from loyalty.define_programs.schemas import DefineProgram, ProgramView
from loyalty.define_programs.tables import Program
from loyalty.define_programs.use_cases import activate_program as activate
from loyalty.define_programs.use_cases import close_program as close
from loyalty.define_programs.use_cases import define_program as define
from shared.events.loyalty import ProgramActivated, ProgramClosed
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading, Writing

router = Doors("loyalty", "programs", tag="Define programs")

PROGRAMS = Listing(
    Program,
    filters={"state": ProgramState, "currency": str},
    sorts=("created_at", "name"),
    default="-created_at",
)


@router.post("", status_code=status.HTTP_201_CREATED, openapi_extra=serves("3.2.6.1"))
async def define_program(request: DefineProgram, work: Writing) -> ProgramView:
    """Draft a programme: what a unit of money earns, and what a point pays."""
    async with work:
        program = await define(work, request)
        view = ProgramView.of(program)
        return work.answer(view, location=f"/loyalty/programs/{program.id}")


@router.get("", openapi_extra=serves("3.2.6.1"))
async def list_programs(
    work: Reading, asked: Annotated[Asked, Depends(PROGRAMS)]
) -> Page[ProgramView]:
    """Programmes, newest first."""
    async with work:
        return work.answer(await PROGRAMS.page(work, asked, ProgramView, shown=ProgramView.of))


@router.get("/{program_id}", openapi_extra=serves("3.2.6.1"))
async def read_program(program_id: UUID, work: Reading) -> ProgramView:
    """A programme."""
    async with work:
        return work.answer(ProgramView.of(await work.get(Program, program_id)))


@router.post("/{program_id}/activate", openapi_extra=serves("3.2.6.1", emits=(ProgramActivated,)))
async def activate_program(program_id: UUID, work: Writing) -> ProgramView:
    """Let the orders of its currency earn."""
    async with work:
        return work.answer(ProgramView.of(await activate(work, program_id)))


@router.post("/{program_id}/close", openapi_extra=serves("3.2.6.1", emits=(ProgramClosed,)))
async def close_program(program_id: UUID, work: Writing) -> ProgramView:
    """Let it earn no more; what was earned stays."""
    async with work:
        return work.answer(ProgramView.of(await close(work, program_id)))
