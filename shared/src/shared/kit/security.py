"""Who is calling: bearer tokens (JWT, RFC 7519) verified against the issuer's published keys.

Scopes are literal. `orders:write` does not imply `orders:read`, nor does it imply
`orders:approve`: who may prepare a document is not thereby somebody who may approve it.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from math import isfinite
from typing import Any

import jwt
from jwt import PyJWK
from jwt.exceptions import (
    InvalidAudienceError,
    InvalidIssuerError,
    InvalidSignatureError,
    MissingRequiredClaimError,
    PyJWTError,
)
from jwt.types import Options

from shared.errors import Busy
from shared.kit.clock import system
from shared.kit.jwks import ALGORITHMS, KeySet

LONGEST_TOKEN = 16_384
REMEMBERED = 10_000
REQUIRED = ("exp", "iat", "iss", "aud", "sub")


class Unauthenticated(Exception):
    """The token proves nothing. `reason` says why, `remedy` what to do; `code` is for programs."""

    def __init__(self, code: str, reason: str, remedy: str) -> None:
        self.code = code
        self.reason = reason
        self.remedy = remedy
        super().__init__(f"{reason} {remedy}")


class IssuerUnreachable(Busy):
    """The issuer's keys have not been read yet, so no token can be verified. Try again."""

    slug = "issuer-unreachable"


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody whose token was verified."""

    subject: str
    scopes: frozenset[str]
    name: str = ""
    token_id: str = ""

    def may(self, scope: str) -> bool:
        return scope in self.scopes


@dataclass(frozen=True, slots=True)
class _Verified:
    caller: Caller
    until: float
    withdrawn: int


class Verifier:
    """Verifies tokens of one issuer for one audience, and remembers those it has verified.

    `jwks` is a URL or the path of a file. Ask `cached` first (microseconds, no await), then
    `await verify`.
    """

    def __init__(
        self,
        issuer: str,
        audience: str,
        jwks: str,
        leeway_seconds: float = 60,
        now: Callable[[], datetime] = system.now,
        remembered: int = REMEMBERED,
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._leeway = leeway_seconds
        self._now = now
        self._keys = KeySet(jwks, now)
        self._remembered = remembered
        self._verified: OrderedDict[bytes, _Verified] = OrderedDict()

    def cached(self, token: str) -> Caller | None:
        """The caller, when this very token was verified before and everything still holds."""
        if self._keys.due():
            return None
        digest = _digest(token)
        known = self._verified.get(digest)
        if known is None:
            return None
        if known.until <= self._now().timestamp() or known.withdrawn != self._keys.withdrawn:
            del self._verified[digest]
            return None
        self._verified.move_to_end(digest)
        return known.caller

    async def verify(self, token: str) -> Caller:
        """The caller. Raises `Unauthenticated`, or `IssuerUnreachable` before the first keys."""
        if self._keys.due():
            await self._keys.refresh()
        known = self.cached(token)
        if known is not None:
            return known
        key = await self._key_of(token)
        claims = self._decode(token, key)
        until = self._check_times(claims)
        caller = _caller(claims)
        self._remember(token, _Verified(caller, until, self._keys.withdrawn))
        return caller

    async def _key_of(self, token: str) -> PyJWK:
        if len(token) > LONGEST_TOKEN:
            raise Unauthenticated(
                "token_too_long", f"The token is longer than {LONGEST_TOKEN} characters.", _GET
            )
        try:
            header = jwt.get_unverified_header(token)
        except (PyJWTError, ValueError, RecursionError):
            raise Unauthenticated(
                "token_malformed",
                "The token is not a JSON Web Token.",
                "Send `Authorization: Bearer <token>` with the token as the issuer gave it.",
            ) from None
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise Unauthenticated(
                "algorithm_refused",
                f"The token is signed with {algorithm!r}.",
                f"Have the issuer sign with {' or '.join(ALGORITHMS)}.",
            )
        key_id = str(header.get("kid") or "")
        key = await self._keys.key(key_id)
        if key is None and not self._keys.loaded:
            raise IssuerUnreachable
        if key is None:
            raise Unauthenticated(
                "key_unknown", f"The issuer does not publish the key {key_id!r}.", _GET
            )
        return key

    def _decode(self, token: str, key: PyJWK) -> Mapping[str, Any]:
        options: Options = {
            "require": list(REQUIRED),
            # Instants are checked below: the library would ask the machine's clock, not ours.
            "verify_exp": False,
            "verify_nbf": False,
            "verify_iat": False,
        }
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                issuer=self._issuer,
                audience=self._audience,
                options=options,
            )
        except InvalidAudienceError:
            raise Unauthenticated(
                "wrong_audience",
                f"The token is not for {self._audience!r}.",
                f"Ask the issuer for a token with the audience {self._audience!r}.",
            ) from None
        except InvalidIssuerError:
            raise Unauthenticated(
                "wrong_issuer",
                f"The token was not issued by {self._issuer!r}.",
                "Get a token from that issuer.",
            ) from None
        except MissingRequiredClaimError as error:
            raise Unauthenticated(
                "claim_missing",
                f"The token has no claim {error.claim!r}.",
                f"Have the issuer put {', '.join(REQUIRED)} into its tokens.",
            ) from None
        except InvalidSignatureError:
            raise Unauthenticated(
                "wrong_signature", "The token was altered, or signed by somebody else.", _GET
            ) from None
        except PyJWTError as error:
            raise Unauthenticated(
                "token_invalid", f"The token is invalid: {error}.", _GET
            ) from None
        return claims

    def _check_times(self, claims: Mapping[str, Any]) -> float:
        now = self._now().timestamp()
        expires = _seconds(claims, "exp")
        if expires <= now - self._leeway:
            raise Unauthenticated(
                "token_expired", f"The token expired at {_instant(expires)}.", _GET
            )
        for claim, code in (("nbf", "token_not_yet_valid"), ("iat", "token_issued_later")):
            begins = _seconds(claims, claim) if claim in claims else now
            if begins > now + self._leeway:
                raise Unauthenticated(
                    code,
                    f"The token is not valid before {_instant(begins)}.",
                    "Use it then, or set the clock of the machine that issued it.",
                )
        return expires

    def _remember(self, token: str, verified: _Verified) -> None:
        self._verified[_digest(token)] = verified
        while len(self._verified) > self._remembered:
            self._verified.popitem(last=False)


_GET = "Get a new one."
_LAST_SECOND = datetime.max.replace(tzinfo=UTC).timestamp() - 1


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


def _seconds(claims: Mapping[str, Any], claim: str) -> float:
    value = claims[claim]
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise Unauthenticated("token_invalid", f"The claim {claim!r} is not a number.", _GET)
    return float(min(max(value, 0), _LAST_SECOND))


def _instant(seconds: float) -> str:
    moment = datetime.fromtimestamp(0, UTC) + timedelta(seconds=int(seconds))
    return moment.isoformat().replace("+00:00", "Z")


def _caller(claims: Mapping[str, Any]) -> Caller:
    subject = claims["sub"]
    if not isinstance(subject, str) or not subject:
        raise Unauthenticated("claim_missing", "The token names no subject.", _GET)
    given = claims.get("scope", claims.get("scp", ""))
    scopes = given.split() if isinstance(given, str) else given
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        raise Unauthenticated("token_invalid", "The token's scopes cannot be read.", _GET)
    return Caller(
        subject=subject,
        scopes=frozenset(scopes),
        name=str(claims.get("name") or ""),
        token_id=str(claims.get("jti") or ""),
    )
