"""The local issuer: one key however many start at once, and old tokens survive a rotation."""

from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import jwt
import orjson
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from shared.kit.issuer import LocalIssuer, thumbprint
from shared.kit.security import Caller, Verifier

ISSUER, AUDIENCE = "http://localhost/issuer", "tradepost"


def an_issuer(folder: Path) -> LocalIssuer:
    return LocalIssuer(folder, ISSUER, AUDIENCE)


def a_verifier(issuer: LocalIssuer) -> Verifier:
    return Verifier(ISSUER, AUDIENCE, str(issuer.jwks_path))


def test_the_private_key_is_readable_by_its_owner_alone(tmp_path: Path):
    an_issuer(tmp_path / "identity")
    assert (tmp_path / "identity" / "signing.pem").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "identity").stat().st_mode & 0o777 == 0o700


def test_a_second_start_keeps_the_key(tmp_path: Path):
    first = an_issuer(tmp_path).jwks()
    assert an_issuer(tmp_path).jwks() == first


def test_two_that_start_at_once_agree_on_one_key(tmp_path: Path):
    start = Barrier(6)
    seen: list[bytes] = []

    def begin() -> None:
        start.wait()
        seen.append(orjson.dumps(an_issuer(tmp_path / "identity").jwks()))

    threads = [Thread(target=begin) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 6
    assert len(set(seen)) == 1


def test_the_key_set_holds_nothing_private(tmp_path: Path):
    (key,) = an_issuer(tmp_path).jwks()["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}


def test_a_lost_key_set_is_made_again_from_the_key(tmp_path: Path):
    issuer = an_issuer(tmp_path)
    before = issuer.jwks()
    issuer.jwks_path.unlink()
    assert an_issuer(tmp_path).jwks() == before


def test_the_thumbprint_is_that_of_the_example_in_rfc_7638():
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"
        "BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0"
        "_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWh"
        "AI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    assert (
        thumbprint({"e": "AQAB", "kty": "RSA", "n": modulus})
        == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    )


async def test_a_token_says_who_and_what_for(tmp_path: Path):
    issuer = an_issuer(tmp_path)
    token = issuer.token("ada", ["orders:read", "orders:write"], timedelta(hours=1), name="Ada")
    caller = await a_verifier(issuer).verify(token)
    assert caller == Caller(
        "ada", frozenset({"orders:read", "orders:write"}), "Ada", caller.token_id
    )
    assert caller.token_id


async def test_after_a_rotation_old_and_new_tokens_are_good(tmp_path: Path):
    issuer = an_issuer(tmp_path)
    verifier = a_verifier(issuer)
    old = issuer.token("ada", [], timedelta(hours=1))
    await verifier.verify(old)
    issuer.rotate()
    new = issuer.token("ada", [], timedelta(hours=1))
    assert jwt.get_unverified_header(old)["kid"] != jwt.get_unverified_header(new)["kid"]
    for token in (old, new):
        assert (await a_verifier(issuer).verify(token)).subject == "ada"
        assert (await verifier.verify(token)).subject == "ada"


def test_a_rotation_is_seen_by_an_issuer_that_was_already_open(tmp_path: Path):
    here, there = an_issuer(tmp_path), an_issuer(tmp_path)
    there.rotate()
    there.rotate()
    assert len(here.jwks()["keys"]) == 3
    kid = jwt.get_unverified_header(here.token("ada", [], timedelta(hours=1)))["kid"]
    assert here.jwks()["keys"][0]["kid"] == kid
    assert load_pem_private_key((tmp_path / "signing.pem").read_bytes(), None)
