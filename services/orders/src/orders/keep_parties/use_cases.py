"""Keep parties: learn them from accounts, maintain their terms."""

from uuid import UUID

from orders.keep_parties.rules import PartyIsTerminated, PartyState
from orders.keep_parties.schemas import ChangeParty
from orders.keep_parties.tables import Party
from shared.events.leads import AccountChanged, AccountRegistered
from shared.events.orders import PartyChanged, PartyRegistered
from shared.kit.work import Work


async def know_party(work: Work, account: AccountRegistered | AccountChanged) -> None:
    """The account's own data are leads' business; the terms are ours and stay."""
    party = await work.session.get(Party, account.account_id, with_for_update=True)
    if party is None:
        party = Party(
            id=account.account_id,
            name=account.name,
            country=account.country,
            segment=account.segment,
            external_ids=dict(account.external_ids),
            created_at=work.now,
        )
        work.add(party)
        told = PartyRegistered(party_id=party.id, name=party.name, country=party.country)
        work.emit(told, of=party)
        return
    party.name, party.country, party.segment = account.name, account.country, account.segment
    party.external_ids = dict(account.external_ids)
    _tell_change(work, party)


async def change_party(work: Work, party_id: UUID, request: ChangeParty) -> Party:
    party = await work.edit(Party, party_id)
    if party.state is PartyState.TERMINATED:
        raise PartyIsTerminated
    if request.state is not None:
        party.state = request.state
    if request.payment_days is not None:
        party.payment_days = request.payment_days
    _tell_change(work, party)
    return party


def _tell_change(work: Work, party: Party) -> None:
    told = PartyChanged(
        party_id=party.id, name=party.name, country=party.country, state=party.state
    )
    work.emit(told, of=party)
