"""Register many accounts at once: all of them or none, in a few statements."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from leads.keep_accounts.rules import AccountsRefused, domain_key, name_key
from leads.keep_accounts.schemas import BatchView, RegisterAccount
from leads.keep_accounts.tables import (
    ACCOUNT,
    Account,
    accounts_held,
    hold_keys,
    ids_by_names,
    key_of_external_id,
    key_of_name,
)
from leads.keep_accounts.use_cases import take_over
from shared.errors import Faults
from shared.events.leads import AccountRegistered
from shared.kit.database import new_id
from shared.kit.external import claim, owners
from shared.kit.work import Work


def keys_of(item: RegisterAccount) -> list[str]:
    """What an item is known by: its external ids, or else its name in its country."""
    if item.external_ids:
        return [key_of_external_id(*pair) for pair in item.external_ids.items()]
    return [key_of_name(name_key(item.name), item.country)]


async def register_accounts(work: Work, items: Sequence[RegisterAccount]) -> BatchView:
    """Known accounts take over what was sent; unknown ones are registered."""
    faults = Faults()
    _refuse_twins(items, faults)
    await hold_keys(work.session, (key for item in items for key in keys_of(item)))
    known = await _known(work, items, faults)
    faults.refuse_if_any(AccountsRefused)

    held = list(await work.session.scalars(accounts_held([i for i in known if i is not None])))
    by_id = {account.id: account for account in held}
    ids = [account_id or new_id() for account_id in known]
    new = [(i, item) for i, item, there in zip(ids, items, known, strict=True) if there is None]
    changed = 0
    for account_id, item in zip(ids, items, strict=True):
        if account_id in by_id:
            changed += await take_over(work, by_id[account_id], item.sent())
    await _insert(work, new)
    return BatchView(
        created=len(new), changed=changed, unchanged=len(items) - len(new) - changed, ids=ids
    )


def _refuse_twins(items: Sequence[RegisterAccount], faults: Faults) -> None:
    seen: dict[str, int] = {}
    for index, item in enumerate(items):
        for key in keys_of(item):
            first = seen.setdefault(key, index)
            if first != index:
                faults.add(
                    f"#/items/{index}",
                    "twice_in_batch",
                    f"It is the same account as item {first}.",
                    "Send each account once.",
                    item.name,
                )
                break


async def _known(work: Work, items: Sequence[RegisterAccount], faults: Faults) -> list[UUID | None]:
    pairs = {pair for item in items for pair in item.external_ids.items()}
    by_id = await owners(work.session, ACCOUNT, pairs)
    nameless = [item for item in items if not item.external_ids]
    names = {(name_key(item.name), item.country) for item in nameless}
    by_name = await ids_by_names(work.session, names)
    found: list[UUID | None] = []
    for index, item in enumerate(items):
        whose = {by_id[pair] for pair in item.external_ids.items() if pair in by_id}
        if len(whose) > 1:
            faults.add(
                f"#/items/{index}/external_ids",
                "several_accounts",
                "These external ids belong to several accounts.",
                "Send the external ids of one account.",
            )
        if not item.external_ids:
            found.append(by_name.get((name_key(item.name), item.country)))
        else:
            found.append(next(iter(whose), None))
    return found


async def _insert(work: Work, new: Sequence[tuple[UUID, RegisterAccount]]) -> None:
    if not new:
        return
    await work.session.execute(insert(Account), [_row(work, i, item) for i, item in new])
    for account_id, item in new:
        claim(work, ACCOUNT, account_id, item.external_ids)
        told = AccountRegistered(
            account_id=account_id,
            name=item.name,
            country=item.country,
            segment=item.segment,
            external_ids=item.external_ids,
        )
        work.emit(told, sequence=1)


def _row(work: Work, account_id: UUID, item: RegisterAccount) -> dict[str, Any]:
    return {
        **item.model_dump(),
        "id": account_id,
        "name_key": name_key(item.name),
        "domain": domain_key(item.email, item.website),
        "created_at": work.now,
        "version": 1,
    }
