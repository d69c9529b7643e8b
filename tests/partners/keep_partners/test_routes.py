"""Partners through the HTTP door."""

import asyncio

import pytest

from shared.events.partners import PartnerChanged, PartnerRegistered
from shared.kit.testing import Bench, faults_of

BODY = {"name": "Northern", "country": "GB", "email": "sales@north.example"}
BY_SAP = "/partners/partners/by-external-id/sap/4711"


@pytest.mark.pcf("3.5.5.4")
async def test_a_partner_is_registered_changed_and_found(partners: Bench) -> None:
    answer = await partners.post("/partners/partners", {**BODY, "external_ids": {"sap": "4711"}})
    assert answer.status_code == 201, answer.text
    partner = answer.json()
    assert (partner["email"], partner["state"]) == ("sales@north.example", "active")

    here = answer.headers["location"]
    changed = await partners.patch(here, {"state": "suspended"}, version=1)

    assert (changed.json()["state"], changed.json()["version"]) == ("suspended", 2)
    assert (await partners.get(BY_SAP)).json() == changed.json()
    assert (await partners.get("/partners/partners", q="4711")).json()["items"] == [changed.json()]
    assert [e.data["state"] for e in await partners.told(PartnerChanged)] == ["suspended"]
    assert (await partners.patch(here, {"name": "South"}, version=1)).status_code == 412
    assert (await partners.patch(here, {"name": "South"})).status_code == 428


async def test_ten_upserts_of_one_external_id_are_one_partner(partners: Bench) -> None:
    answers = await asyncio.gather(*(partners.put(BY_SAP, BODY) for _ in range(10)))

    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert await partners.count("partners") == 1
    assert len(await partners.told(PartnerRegistered)) == 1
    assert await partners.told(PartnerChanged) == []


async def test_an_upsert_changes_what_is_sent_and_tells_it_once(partners: Bench) -> None:
    await partners.put(BY_SAP, BODY)

    changed = await partners.put(BY_SAP, {**BODY, "name": "Southern"})
    again = await partners.put(BY_SAP, {**BODY, "name": "Southern"})

    assert (changed.json()["name"], changed.json()["version"]) == ("Southern", 2)
    assert again.json() == changed.json()
    assert len(await partners.told(PartnerChanged)) == 1


async def test_an_external_id_belongs_to_one_partner(partners: Bench) -> None:
    await partners.put(BY_SAP, BODY)

    answer = await partners.post("/partners/partners", {**BODY, "external_ids": {"sap": "4711"}})
    nobody = await partners.get("/partners/partners/by-external-id/sap/4712")

    assert answer.status_code == 409
    assert nobody.status_code == 404
    assert await partners.count("partners") == 1


async def test_all_faults_are_named_at_once(partners: Bench) -> None:
    answer = await partners.post(
        "/partners/partners", {"name": "", "country": "Britain", "email": "nobody"}
    )

    assert set(faults_of(answer)) == {"#/name", "#/country", "#/email"}
    assert await partners.told() == []
