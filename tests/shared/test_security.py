"""Tokens: what is accepted, what is refused and with which words, and keys that change."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from shared.kit.jwks import PAUSE
from shared.kit.security import Caller, IssuerUnreachable, Unauthenticated, Verifier

ISSUER, AUDIENCE = "https://id.example", "tradepost"
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())


class MovableTime:
    def __init__(self) -> None:
        self.at = datetime(2026, 3, 1, 9, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


def public(key: Any, kid: str, **members: Any) -> dict[str, Any]:
    algorithm = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, **members}


class Issuer:
    """A real HTTP server whose key set the test changes."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = [public(RSA_KEY, "rsa"), public(EC_KEY, "ec")]
        self.asked = 0
        self.down = False
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked += 1
                body = b"out of order" if issuer.down else orjson.dumps({"keys": issuer.keys})
                self.send_response(500 if issuer.down else 200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any, **named: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/jwks"


@contextmanager
def running() -> Iterator[Issuer]:
    issuer = Issuer()
    thread = Thread(target=issuer.server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield issuer
    finally:
        issuer.server.shutdown()
        thread.join()
        issuer.server.server_close()


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running() as issuer:
        yield issuer


@pytest.fixture
def time() -> MovableTime:
    return MovableTime()


@pytest.fixture
def verifier(issuer: Issuer, time: MovableTime) -> Verifier:
    return Verifier(ISSUER, AUDIENCE, issuer.url, now=time.now)


def claims(time: MovableTime, **changed: Any) -> dict[str, Any]:
    begins = int(time.at.timestamp())
    given = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "ada",
        "iat": begins,
        "exp": begins + 3600,
        "scope": "orders:read orders:write",
        "name": "Ada",
        "jti": "t-1",
        **changed,
    }
    return {name: value for name, value in given.items() if value is not None}


def a_token(time: MovableTime, *, key: Any = EC_KEY, kid: str | None = "ec", **changed: Any) -> str:
    algorithm = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(claims(time, **changed), key, algorithm=algorithm, headers=headers)


async def refusal(verifier: Verifier, token: str) -> Unauthenticated:
    with pytest.raises(Unauthenticated) as caught:
        await verifier.verify(token)
    assert caught.value.reason.endswith(".")
    assert caught.value.remedy.endswith(".")
    return caught.value


@pytest.mark.parametrize(("key", "kid"), [(RSA_KEY, "rsa"), (EC_KEY, "ec")])
async def test_a_good_token_names_its_caller(verifier: Verifier, time: MovableTime, key, kid):
    caller = await verifier.verify(a_token(time, key=key, kid=kid))
    assert caller == Caller("ada", frozenset({"orders:read", "orders:write"}), "Ada", "t-1")


async def test_scopes_may_come_as_a_list_under_scp(verifier: Verifier, time: MovableTime):
    caller = await verifier.verify(a_token(time, scope=None, scp=["leads:read"]))
    assert caller.scopes == {"leads:read"}


def test_scopes_are_literal():
    caller = Caller("ada", frozenset({"orders:write"}))
    assert caller.may("orders:write")
    assert not caller.may("orders:read")
    assert not caller.may("orders:approve")
    assert not Caller("eve", frozenset({"orders:approve"})).may("orders:write")


async def test_an_expired_token_is_refused_with_its_instant(verifier: Verifier, time: MovableTime):
    token = a_token(time)
    time.at += timedelta(hours=1, seconds=60)
    said = await refusal(verifier, token)
    assert str(said) == "The token expired at 2026-03-01T10:00:00Z. Get a new one."
    assert said.code == "token_expired"


async def test_the_clocks_may_differ_by_the_leeway(verifier: Verifier, time: MovableTime):
    token = a_token(time, iat=int(time.at.timestamp()) + 60, nbf=int(time.at.timestamp()) + 60)
    await verifier.verify(token)
    time.at += timedelta(hours=1, seconds=59)
    assert verifier.cached(token) is None
    await verifier.verify(token)


@pytest.mark.parametrize("claim", ["nbf", "iat"])
async def test_a_token_is_not_accepted_before_its_time(
    verifier: Verifier, time: MovableTime, claim
):
    token = a_token(time, **{claim: int(time.at.timestamp()) + 61})
    said = await refusal(verifier, token)
    assert said.reason == "The token is not valid before 2026-03-01T09:01:01Z."


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"iss": "https://id.elsewhere"}, "wrong_issuer"),
        ({"aud": "another"}, "wrong_audience"),
        ({"exp": None}, "claim_missing"),
        ({"iat": None}, "claim_missing"),
        ({"iss": None}, "claim_missing"),
        ({"aud": None}, "claim_missing"),
        ({"sub": None}, "claim_missing"),
        ({"sub": ""}, "claim_missing"),
        ({"exp": "tomorrow"}, "token_invalid"),
        ({"exp": True}, "token_invalid"),
        ({"scope": {"orders": "read"}}, "token_invalid"),
    ],
)
async def test_a_claim_that_is_wrong_or_missing_is_named(
    verifier: Verifier, time: MovableTime, changed, code
):
    assert (await refusal(verifier, a_token(time, **changed))).code == code


async def test_a_symmetric_or_absent_signature_is_refused(verifier: Verifier, time: MovableTime):
    symmetric = jwt.encode(claims(time), "k" * 64, algorithm="HS256", headers={"kid": "ec"})
    unsigned = jwt.encode(claims(time), None, algorithm="none", headers={"kid": "ec"})
    for token in (symmetric, unsigned):
        assert (await refusal(verifier, token)).code == "algorithm_refused"


async def test_a_key_is_good_for_its_own_algorithm_only(verifier: Verifier, time: MovableTime):
    token = a_token(time, key=RSA_KEY, kid="ec")
    assert (await refusal(verifier, token)).code == "token_invalid"


async def test_a_foreign_signature_under_a_known_key_is_refused(
    verifier: Verifier, time: MovableTime
):
    assert (await refusal(verifier, a_token(time, key=OTHER_KEY))).code == "wrong_signature"


@pytest.mark.parametrize("token", ["", "a.b.c", "…", "\udc80", "W1tb." * 3, "x" * 20_000])
async def test_what_is_no_token_is_refused(verifier: Verifier, token):
    assert (await refusal(verifier, token)).code in {"token_malformed", "token_too_long"}


async def test_a_deeply_nested_header_is_no_token(verifier: Verifier):
    header = jwt.utils.base64url_encode(b"[" * 9000).decode()
    assert (await refusal(verifier, f"{header}.e30.c2ln")).code == "token_malformed"


async def test_a_repeated_token_is_known_without_asking_anybody(
    verifier: Verifier, issuer: Issuer, time: MovableTime
):
    token = a_token(time)
    assert verifier.cached(token) is None
    caller = await verifier.verify(token)
    assert verifier.cached(token) is caller
    assert await verifier.verify(token) is caller
    assert issuer.asked == 1


async def test_no_more_tokens_are_remembered_than_allowed(issuer: Issuer, time: MovableTime):
    verifier = Verifier(ISSUER, AUDIENCE, issuer.url, now=time.now, remembered=2)
    tokens = [a_token(time, jti=f"t-{number}") for number in range(3)]
    await verifier.verify(tokens[0])
    await verifier.verify(tokens[1])
    verifier.cached(tokens[0])
    await verifier.verify(tokens[2])
    assert [verifier.cached(token) is not None for token in tokens] == [True, False, True]


async def test_an_unknown_key_is_looked_for_once_and_found_after_a_rotation(
    verifier: Verifier, issuer: Issuer, time: MovableTime
):
    await verifier.verify(a_token(time))
    rotated = a_token(time, key=OTHER_KEY, kid="new")
    issuer.keys.append(public(OTHER_KEY, "new"))
    assert (await verifier.verify(rotated)).subject == "ada"
    assert issuer.asked == 2


async def test_made_up_key_ids_do_not_flood_the_issuer(
    verifier: Verifier, issuer: Issuer, time: MovableTime
):
    for number in range(20):
        said = await refusal(verifier, a_token(time, kid=f"made-up-{number}"))
        assert said.code == "key_unknown"
    assert issuer.asked == 2
    time.at += PAUSE
    await refusal(verifier, a_token(time, kid="made-up"))
    assert issuer.asked == 3


async def test_a_withdrawn_key_takes_its_tokens_along(
    verifier: Verifier, issuer: Issuer, time: MovableTime
):
    token = a_token(time)
    await verifier.verify(token)
    issuer.keys = [public(RSA_KEY, "rsa")]
    time.at += timedelta(minutes=15)
    assert (await refusal(verifier, token)).code == "key_unknown"
    assert verifier.cached(token) is None


async def test_the_last_good_keys_stay_while_the_issuer_is_down(
    verifier: Verifier, issuer: Issuer, time: MovableTime
):
    await verifier.verify(a_token(time))
    issuer.down = True
    time.at += timedelta(minutes=20)
    assert (await verifier.verify(a_token(time, jti="t-2"))).token_id == "t-2"
    assert issuer.asked == 2


async def test_before_the_first_keys_nobody_is_called_a_liar(
    verifier: Verifier, issuer: Issuer, time: MovableTime
):
    issuer.down = True
    with pytest.raises(IssuerUnreachable):
        await verifier.verify(a_token(time))
    issuer.down = False
    time.at += PAUSE
    assert (await verifier.verify(a_token(time))).subject == "ada"


async def test_a_server_that_is_not_there_is_an_issuer_that_is_down(time: MovableTime):
    with running() as gone:
        url = gone.url
    with pytest.raises(IssuerUnreachable):
        await Verifier(ISSUER, AUDIENCE, url, now=time.now).verify(a_token(time))


async def test_keys_of_other_kinds_are_passed_over(
    verifier: Verifier, issuer: Issuer, time: MovableTime
):
    edwards = ed25519.Ed25519PrivateKey.generate().public_key()
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    issuer.keys = [
        {"kty": "unheard of", "kid": "a"},
        {"kty": "EC", "kid": "b"},
        {**OKPAlgorithm.to_jwk(edwards, as_dict=True), "kid": "c"},
        public(EC_KEY, "ec", use="enc"),
        public(RSA_KEY, "pss", alg="PS256"),
        public(small, "small"),
        "not a key",  # type: ignore[list-item]  # what a careless issuer might publish
        public(EC_KEY, "ec"),
    ]
    assert (await verifier.verify(a_token(time, kid=None))).subject == "ada"


async def test_without_key_id_two_keys_are_one_too_many(verifier: Verifier, time: MovableTime):
    assert (await refusal(verifier, a_token(time, kid=None))).code == "key_unknown"


async def test_keys_may_come_from_a_file(tmp_path: Path, time: MovableTime):
    path = tmp_path / "jwks.json"
    verifier = Verifier(ISSUER, AUDIENCE, str(path), now=time.now)
    with pytest.raises(IssuerUnreachable):
        await verifier.verify(a_token(time))
    path.write_bytes(orjson.dumps({"keys": [public(EC_KEY, "ec")]}))
    time.at += PAUSE
    assert (await verifier.verify(a_token(time))).subject == "ada"
