"""HTTP doors of accounts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, status

from leads.keep_accounts.batch import register_accounts as register_many
from leads.keep_accounts.schemas import (
    AccountView,
    BatchView,
    ChangeAccount,
    RegisterAccount,
    RegisterAccounts,
)
from leads.keep_accounts.tables import ACCOUNT, Account
from leads.keep_accounts.use_cases import change_account as change
from leads.keep_accounts.use_cases import register_account as register
from leads.keep_accounts.use_cases import register_by_external_id
from shared.events.leads import AccountChanged, AccountRegistered
from shared.kit.external import ExternalId, System, find
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading, Writing

router = Doors("leads", "accounts", tag="Keep accounts")

SERVED = ("3.5.2.4", "3.5.2.5")

ACCOUNTS = Listing(
    Account,
    filters={"country": str, "segment": str},
    ranges={"created_at": datetime},
    sorts=("created_at", "name"),
    default="-created_at",
    text=("name", "external_ids"),
)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=serves(*SERVED, emits=(AccountRegistered,)),
)
async def register_account(request: RegisterAccount, work: Writing) -> AccountView:
    """Register a company as an account."""
    async with work:
        account = await register(work, request)
        view = AccountView.model_validate(account)
        return work.answer(view, location=f"/leads/accounts/{account.id}")


@router.post("/batch", openapi_extra=serves(*SERVED, emits=(AccountRegistered, AccountChanged)))
async def register_accounts(request: RegisterAccounts, work: Writing) -> BatchView:
    """Register up to 1000 accounts, all or none; known ones take over what is sent.

    An item is known by its external ids, or else by its name and country.
    """
    async with work:
        return work.answer(await register_many(work, request.items))


@router.get("", openapi_extra=serves(*SERVED))
async def list_accounts(
    work: Reading, asked: Annotated[Asked, Depends(ACCOUNTS)]
) -> Page[AccountView]:
    """Accounts, newest first."""
    async with work:
        return work.answer(await ACCOUNTS.page(work, asked, AccountView))


@router.get("/{account_id}", openapi_extra=serves(*SERVED))
async def read_account(account_id: UUID, work: Reading) -> AccountView:
    """An account's master data."""
    async with work:
        return work.answer(AccountView.model_validate(await work.get(Account, account_id)))


@router.patch(
    "/{account_id}", openapi_extra=serves(*SERVED, emits=(AccountChanged,), must_match=True)
)
async def change_account(account_id: UUID, request: ChangeAccount, work: Writing) -> AccountView:
    """Change an account's master data, on the version you read (`If-Match`)."""
    async with work:
        return work.answer(AccountView.model_validate(await change(work, account_id, request)))


@router.get("/by-external-id/{system}/{external_id}", openapi_extra=serves(*SERVED))
async def read_account_by_external_id(
    system: System, external_id: ExternalId, work: Reading
) -> AccountView:
    """The account that another system knows under this id."""
    async with work:
        account = await find(work, Account, ACCOUNT, system, external_id)
        return work.answer(AccountView.model_validate(account))


@router.put(
    "/by-external-id/{system}/{external_id}",
    responses={status.HTTP_201_CREATED: {"model": AccountView}},
    openapi_extra=serves(*SERVED, emits=(AccountRegistered, AccountChanged)),
)
async def put_account_by_external_id(
    system: System, external_id: ExternalId, request: RegisterAccount, work: Writing
) -> AccountView:
    """Register the account of this external id (201), or let it take over what is sent (200)."""
    async with work:
        account, new = await register_by_external_id(work, system, external_id, request)
        code = status.HTTP_201_CREATED if new else status.HTTP_200_OK
        view = AccountView.model_validate(account)
        return work.answer(view, status=code, location=f"/leads/accounts/{account.id}")
