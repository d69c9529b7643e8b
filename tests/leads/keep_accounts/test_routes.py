"""Accounts through the HTTP door, one by one and many at once."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from shared.events.leads import AccountChanged, AccountRegistered
from shared.kit.testing import Bench, faults_of


@pytest.mark.pcf("3.5.2.4", "3.5.2.5")
async def test_a_company_is_registered_as_an_account(leads: Bench, world) -> None:
    body = {
        "name": "Corner Shop Ltd",
        "country": "GB",
        "segment": "wholesale",
        "email": "Ann@CornerShop.example",
        "phone": "+44 20 7123 4567",
        "external_ids": {"sap": "4711"},
    }

    answer = await leads.post("/leads/accounts", body)

    assert answer.status_code == 201, answer.text
    account = answer.json()
    assert answer.headers["location"] == f"/leads/accounts/{account['id']}"
    assert answer.headers["etag"] == '"v1"'
    assert (account["email"], account["phone"]) == ("ann@cornershop.example", "+442071234567")
    (told,) = await leads.told(AccountRegistered)
    assert told.sequence == 1
    assert told.data == {
        "account_id": account["id"],
        "name": "Corner Shop Ltd",
        "country": "GB",
        "segment": "wholesale",
        "external_ids": {"sap": "4711"},
    }
    assert await world.read(f"/leads/accounts/{account['id']}") == account
    assert await world.read("/leads/accounts/by-external-id/sap/4711") == account


async def test_all_faults_are_named_at_once_and_nothing_is_kept(leads: Bench) -> None:
    body = {
        "name": " ",
        "country": "UK",
        "segment": "Whole Sale",
        "email": "ann",
        "phone": "020",
        "website": "no",
        "external_ids": {"S A P": "1"},
    }

    answer = await leads.post("/leads/accounts", body)

    assert answer.status_code == 422
    found = faults_of(answer)
    assert {p: found[p] for p in sorted(found) if "external_ids" not in p} == {
        "#/country": "unknown_value",
        "#/email": "wrong_format",
        "#/name": "wrong_format",
        "#/phone": "wrong_format",
        "#/segment": "wrong_format",
        "#/website": "wrong_format",
    }
    assert len(found) == 7
    assert await leads.count("accounts") == 0
    assert await leads.told() == []


async def test_a_patch_tells_only_what_changed(leads: Bench, world) -> None:
    account = await world.account(segment="retail", external_ids={"sap": "1", "old": "2"})
    path = f"/leads/accounts/{account['id']}"

    without = await leads.patch(path, {"segment": "wholesale"})
    same = await leads.patch(path, {"segment": "retail"}, version=1)
    changed = await leads.patch(
        path, {"segment": None, "external_ids": {"old": None, "crm": "3"}}, version=1
    )
    late = await leads.patch(path, {"segment": "export"}, version=1)

    assert without.status_code == 428
    assert (same.status_code, same.json()["version"]) == (200, 1)
    assert changed.json()["external_ids"] == {"sap": "1", "crm": "3"}
    assert (changed.json()["segment"], changed.json()["version"]) == (None, 2)
    assert late.status_code == 412
    (told,) = await leads.told(AccountChanged)
    assert (told.sequence, told.data["external_ids"]) == (2, {"sap": "1", "crm": "3"})
    gone = await leads.get("/leads/accounts/by-external-id/old/2")
    assert gone.status_code == 404


async def test_an_external_id_belongs_to_one_account(leads: Bench, world) -> None:
    await world.account(external_ids={"sap": "1"})

    answer = await leads.post(
        "/leads/accounts", {"name": "Other", "country": "FR", "external_ids": {"sap": "1"}}
    )

    assert answer.status_code == 409
    assert await leads.count("accounts") == 1


async def test_twelve_upserts_of_one_external_id_make_one_account(leads: Bench) -> None:
    """One is told 201, the others 200; all speak of the same account."""
    body = {"name": "Corner Shop", "country": "GB"}

    answers = await asyncio.gather(
        *(leads.put("/leads/accounts/by-external-id/sap/7", body) for _ in range(12))
    )

    assert sorted(answer.status_code for answer in answers) == [200] * 11 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert await leads.count("accounts") == 1
    assert len(await leads.told()) == 1


async def test_an_upsert_takes_over_what_is_sent(leads: Bench, world) -> None:
    account = await world.account(segment="retail", external_ids={"sap": "7"})

    answer = await leads.put(
        "/leads/accounts/by-external-id/sap/7", {"name": "Corner Shop plc", "country": "GB"}
    )

    assert answer.status_code == 200
    changed = answer.json()
    assert (changed["id"], changed["name"]) == (account["id"], "Corner Shop plc")
    assert (changed["segment"], changed["version"]) == ("retail", 2)


async def test_a_list_is_filtered_searched_and_sorted(leads: Bench, world) -> None:
    await world.account("Beta", segment="retail")
    await world.account("Alpha", country="FR", external_ids={"sap": "X-99"})
    await world.account("Gamma", segment="wholesale")

    async def names(**query: Any) -> list[str]:
        items = (await leads.get("/leads/accounts", **query)).json()["items"]
        return [item["name"] for item in items]

    assert await names(sort="name") == ["Alpha", "Beta", "Gamma"]
    assert await names() == ["Gamma", "Alpha", "Beta"]
    assert await names(country="GB", sort="-name") == ["Gamma", "Beta"]
    assert await names(segment="retail") == ["Beta"]
    assert await names(q="x-99") == ["Alpha"]


def batch(*names: str, **more: Any) -> dict[str, Any]:
    return {"items": [{"name": name, "country": "GB", **more} for name in names]}


async def test_a_batch_registers_changes_and_leaves_alone(leads: Bench, world) -> None:
    known = await world.account("Known Ltd", external_ids={"sap": "1"})
    items = [
        {"name": "New", "country": "FR", "external_ids": {"sap": "2"}},
        {"name": "Known Ltd", "country": "GB", "external_ids": {"sap": "1"}, "segment": "export"},
        {"name": "By Name Inc", "country": "US"},
    ]

    first = await leads.post("/leads/accounts/batch", {"items": items})
    again = await leads.post("/leads/accounts/batch", {"items": items})

    assert first.status_code == 200, first.text
    said = first.json()
    assert (said["created"], said["changed"], said["unchanged"]) == (2, 1, 0)
    assert said["ids"][1] == known["id"]
    assert again.json() == {"created": 0, "changed": 0, "unchanged": 3, "ids": said["ids"]}
    assert [(t.key, t.sequence) for t in await leads.told(AccountChanged)] == [(known["id"], 2)]
    assert len(await leads.told(AccountRegistered)) == 3
    new = await world.read(f"/leads/accounts/{said['ids'][0]}")
    assert (new["version"], new["external_ids"]) == (1, {"sap": "2"})


async def test_a_batch_is_all_or_nothing_and_names_the_items(leads: Bench) -> None:
    broken = batch("A", "B", "C")
    broken["items"][1]["country"] = "XX"
    twins = batch("Same Ltd", "Other", "SAME Limited")

    refused = await leads.post("/leads/accounts/batch", broken)
    doubled = await leads.post("/leads/accounts/batch", twins)

    assert faults_of(refused) == {"#/items/1/country": "unknown_value"}
    assert faults_of(doubled) == {"#/items/2": "twice_in_batch"}
    assert await leads.count("accounts") == 0


async def test_external_ids_of_two_accounts_are_refused(leads: Bench, world) -> None:
    await world.account("A", external_ids={"sap": "1"})
    await world.account("B", external_ids={"crm": "1"})
    both = {"sap": "1", "crm": "1"}

    answer = await leads.post("/leads/accounts/batch", batch("A", external_ids=both))

    assert faults_of(answer) == {"#/items/0/external_ids": "several_accounts"}


async def test_six_equal_batches_at_once_make_each_account_once(leads: Bench) -> None:
    body = batch(*(f"Shop {number}" for number in range(40)))

    answers = await asyncio.gather(*(leads.post("/leads/accounts/batch", body) for _ in range(6)))

    assert {answer.status_code for answer in answers} == {200}
    assert sorted(answer.json()["created"] for answer in answers) == [0] * 5 + [40]
    assert len({tuple(answer.json()["ids"]) for answer in answers}) == 1
    assert await leads.count("accounts") == 40
    assert len(await leads.told(AccountRegistered)) == 40


async def test_what_is_not_there_is_not_found(leads: Bench) -> None:
    assert (await leads.get(f"/leads/accounts/{uuid4()}")).status_code == 404
    assert (await leads.get("/leads/accounts/by-external-id/sap/0")).status_code == 404
