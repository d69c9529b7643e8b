"""Define programmes."""

from uuid import UUID

from loyalty.define_programs.rules import ProgramIsNotActive, ProgramIsNotDraft, ProgramState
from loyalty.define_programs.schemas import DefineProgram
from loyalty.define_programs.tables import Program
from shared.events.loyalty import ProgramActivated, ProgramClosed
from shared.kit.database import new_id
from shared.kit.work import Work


async def define_program(work: Work, request: DefineProgram) -> Program:
    program = Program(
        id=new_id(),
        name=request.name,
        currency=request.currency,
        points_per_unit=request.points_per_unit,
        point_value=request.point_value,
        created_at=work.now,
    )
    work.add(program)
    await work.session.flush()
    return program


async def activate_program(work: Work, program_id: UUID) -> Program:
    """From now on its currency's orders earn."""
    program = await work.edit(Program, program_id)
    if program.state is not ProgramState.DRAFT:
        raise ProgramIsNotDraft(f"{program.name} is {program.state}.", state=program.state)
    program.state = ProgramState.ACTIVE
    work.emit(
        ProgramActivated(
            program_id=program.id,
            name=program.name,
            currency=program.currency,
            points_per_unit=program.points_per_unit,
            point_value=program.point_value,
        ),
        of=program,
    )
    return program


async def close_program(work: Work, program_id: UUID) -> Program:
    """Orders confirmed from now on earn nothing; what was earned stays."""
    program = await work.edit(Program, program_id)
    if program.state is not ProgramState.ACTIVE:
        raise ProgramIsNotActive(f"{program.name} is {program.state}.", state=program.state)
    program.state = ProgramState.CLOSED
    work.emit(ProgramClosed(program_id=program.id, name=program.name), of=program)
    return program
