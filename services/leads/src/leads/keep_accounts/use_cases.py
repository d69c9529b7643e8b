"""Keep accounts: register, change, and find them again by what others call them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from leads.keep_accounts.rules import domain_key, name_key
from leads.keep_accounts.schemas import ChangeAccount, RegisterAccount
from leads.keep_accounts.tables import (
    ACCOUNT,
    Account,
    account_recognised,
    hold_keys,
    key_of_external_id,
    key_of_name,
)
from shared.events.leads import AccountChanged, AccountRegistered
from shared.kit.database import new_id
from shared.kit.external import claim, give_up, owners
from shared.kit.work import Work


async def register_account(work: Work, request: RegisterAccount) -> Account:
    """A new account. Its external ids are its own: another's are refused by the database."""
    key = name_key(request.name)
    held = [key_of_external_id(*pair) for pair in request.external_ids.items()]
    await hold_keys(work.session, [key_of_name(key, request.country), *held])
    account = Account(
        id=new_id(),
        name=request.name,
        name_key=key,
        country=request.country,
        created_at=work.now,
        segment=request.segment,
        email=request.email,
        phone=request.phone,
        website=request.website,
        domain=domain_key(request.email, request.website),
        external_ids=dict(request.external_ids),
    )
    work.add(account)
    claim(work, ACCOUNT, account.id, request.external_ids)
    work.emit(registered(account), of=account)
    return account


async def change_account(work: Work, account_id: UUID, request: ChangeAccount) -> Account:
    account = await work.edit(Account, account_id)
    await take_over(work, account, request.sent())
    return account


async def register_by_external_id(
    work: Work, system: str, external_id: str, request: RegisterAccount
) -> tuple[Account, bool]:
    """The account of this external id with what was sent, and whether it is new."""
    whole = request.model_copy(
        update={"external_ids": {**request.external_ids, system: external_id}}
    )
    await hold_keys(work.session, _keys_of(whole))
    found = await owners(work.session, ACCOUNT, [(system, external_id)])
    if not found:
        return await register_account(work, whole), True
    account = await work.edit(Account, found[system, external_id])
    await take_over(work, account, whole.sent())
    return account, False


async def recognise_or_register(work: Work, request: RegisterAccount, domain: str | None) -> UUID:
    """The account of a company, registered when it is not known. Two at once get the same one."""
    await hold_keys(work.session, _keys_of(request))
    chosen = account_recognised(name_key(request.name), domain, request.country)
    known = await work.session.scalar(chosen)
    if known is not None:
        return known
    account = await register_account(work, request)
    await work.session.flush()  # what the caller adds refers to it
    return account.id


def _keys_of(request: RegisterAccount) -> list[str]:
    """All keys of an account at once, so that they are held in one order."""
    pairs = request.external_ids.items()
    name = key_of_name(name_key(request.name), request.country)
    return [name, *(key_of_external_id(*pair) for pair in pairs)]


async def take_over(work: Work, account: Account, sent: Mapping[str, Any]) -> bool:
    """Changes what differs from what was sent, and tells it when anything did."""
    members = {name: value for name, value in sent.items() if name != "external_ids"}
    differing = {n: value for n, value in members.items() if getattr(account, n) != value}
    for name, value in differing.items():
        setattr(account, name, value)
    account.name_key = name_key(account.name)
    account.domain = domain_key(account.email, account.website)
    ids_differ = await _take_over_ids(work, account, sent.get("external_ids") or {})
    if not differing and not ids_differ:
        return False
    work.emit(changed(account), of=account)
    return True


async def _take_over_ids(work: Work, account: Account, sent: Mapping[str, str | None]) -> bool:
    held = account.external_ids
    differing = {system: given for system, given in sent.items() if held.get(system) != given}
    for system, given in differing.items():
        if system in held:
            await give_up(work.session, ACCOUNT, account.id, system)
        if given is not None:
            claim(work, ACCOUNT, account.id, {system: given})
    kept = {**held, **differing}
    account.external_ids = {system: given for system, given in kept.items() if given is not None}
    return bool(differing)


def registered(account: Account) -> AccountRegistered:
    return AccountRegistered(
        account_id=account.id,
        name=account.name,
        country=account.country,
        segment=account.segment,
        external_ids=account.external_ids,
    )


def changed(account: Account) -> AccountChanged:
    return AccountChanged(
        account_id=account.id,
        name=account.name,
        country=account.country,
        segment=account.segment,
        external_ids=account.external_ids,
    )
