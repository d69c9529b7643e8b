"""Topic doors of parties."""

from orders.keep_parties.use_cases import know_party
from shared.events.leads import AccountChanged, AccountRegistered
from shared.kit.consume import Consumer
from shared.kit.work import Work

consumer = Consumer()


@consumer.on(AccountRegistered)
async def register_party_of_account(work: Work, account: AccountRegistered) -> None:
    """A new account can order at once."""
    await know_party(work, account)


@consumer.on(AccountChanged)
async def follow_account(work: Work, account: AccountChanged) -> None:
    """A renamed or moved account is so here too."""
    await know_party(work, account)
