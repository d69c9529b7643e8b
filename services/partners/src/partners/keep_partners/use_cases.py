"""Keep partners."""

from uuid import UUID

from partners.keep_partners.schemas import ChangePartner, PutPartner, RegisterPartner
from partners.keep_partners.tables import Partner
from shared.events.partners import PartnerChanged, PartnerRegistered
from shared.kit.database import new_id
from shared.kit.external import claim, hold, owners
from shared.kit.work import Work


async def register_partner(work: Work, request: RegisterPartner) -> Partner:
    partner = Partner(
        id=new_id(),
        name=request.name,
        country=request.country,
        email=request.email,
        created_at=work.now,
        external_ids=dict(request.external_ids),
    )
    work.add(partner)
    claim(work, "partner", partner.id, request.external_ids)
    told = PartnerRegistered(partner_id=partner.id, name=partner.name, country=partner.country)
    work.emit(told, of=partner)
    return partner


async def put_partner(
    work: Work, system: str, key: str, request: PutPartner
) -> tuple[Partner, bool]:
    """The partner another system knows by this key, and whether it is a new one.

    Two who put the same key at once wait for one another: the second finds the first's partner.
    """
    await hold(work.session, "partner", system, key)
    found = await owners(work.session, "partner", [(system, key)])
    if not found:
        new = RegisterPartner(**request.model_dump(), external_ids={system: key})
        return await register_partner(work, new), True
    partner = await work.edit(Partner, found[system, key])
    _take(work, partner, request.model_dump())
    return partner, False


async def change_partner(work: Work, partner_id: UUID, request: ChangePartner) -> Partner:
    partner = await work.edit(Partner, partner_id)
    sent = request.model_dump(exclude_unset=True)
    _take(work, partner, {name: value for name, value in sent.items() if value is not None})
    return partner


def _take(work: Work, partner: Partner, values: dict[str, object]) -> None:
    changes = {name: value for name, value in values.items() if getattr(partner, name) != value}
    for name, value in changes.items():
        setattr(partner, name, value)
    if changes:
        told = PartnerChanged(
            partner_id=partner.id, name=partner.name, country=partner.country, state=partner.state
        )
        work.emit(told, of=partner)
