"""A token issuer for one machine: an ES256 key in a folder, tokens signed with it, its key set.

The embedded size uses it in place of an OpenID provider. Everything is read from the folder anew,
so that several processes and a rotation by another one agree.
"""

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.utils import base64url_encode

from shared.kit.clock import system

ALGORITHM = "ES256"


class LocalIssuer:
    """`jwks_path` is what a `Verifier` on the same machine is given as its `jwks`."""

    def __init__(
        self,
        folder: Path,
        issuer: str,
        audience: str,
        now: Callable[[], datetime] = system.now,
    ) -> None:
        self._key_path = folder / "signing.pem"
        self._lock_path = folder / "lock"
        self.jwks_path = folder / "jwks.json"
        self._issuer = issuer
        self._audience = audience
        self._now = now
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._locked():
            if not self._key_path.exists():
                self._make_key()
            elif not self.jwks_path.exists():
                self._publish([_public_jwk(self._key().public_key())])

    def jwks(self) -> dict[str, Any]:
        """The public keys, the signing one first."""
        found: dict[str, Any] = orjson.loads(self.jwks_path.read_bytes())
        return found

    def token(
        self, subject: str, scopes: Iterable[str], lifetime: timedelta, name: str = ""
    ) -> str:
        now = self._now()
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": subject,
            "scope": " ".join(scopes),
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
            "jti": str(uuid4()),
        }
        if name:
            claims["name"] = name
        key = self._key()
        key_id = thumbprint(_public_members(key.public_key()))
        return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": key_id})

    def rotate(self) -> None:
        """Signs with a new key from now on; tokens of the old one stay valid until they expire."""
        with self._locked():
            self._make_key(self.jwks()["keys"])

    def _key(self) -> EllipticCurvePrivateKey:
        key = load_pem_private_key(self._key_path.read_bytes(), password=None)
        if not isinstance(key, EllipticCurvePrivateKey):
            raise TypeError(f"{self._key_path} does not hold an elliptic curve key.")
        return key

    def _make_key(self, older: Iterable[dict[str, Any]] = ()) -> None:
        key = generate_private_key(SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        # Published before it signs: no token is ever out whose key cannot be found.
        self._publish([_public_jwk(key.public_key()), *older])
        _write_whole(self._key_path, pem, 0o600)

    def _publish(self, keys: list[dict[str, Any]]) -> None:
        _write_whole(self.jwks_path, orjson.dumps({"keys": keys}), 0o644)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time; a lock whose holder dies is free."""
        with self._lock_path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def thumbprint(members: dict[str, str]) -> str:
    """The key's name derived from itself. Source: RFC 7638."""
    canonical = orjson.dumps(members, option=orjson.OPT_SORT_KEYS)
    return base64url_encode(sha256(canonical).digest()).decode()


def _public_members(key: EllipticCurvePublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    x, y = (base64url_encode(n.to_bytes(32, "big")).decode() for n in (numbers.x, numbers.y))
    return {"crv": "P-256", "kty": "EC", "x": x, "y": y}


def _public_jwk(key: EllipticCurvePublicKey) -> dict[str, Any]:
    members = _public_members(key)
    return {**members, "kid": thumbprint(members), "use": "sig", "alg": ALGORITHM}


def _write_whole(path: Path, content: bytes, mode: int) -> None:
    """A reader sees the old file or the new one, never a part; the mode holds from the start."""
    fresh = path.with_name(f".{path.name}.{uuid4().hex}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    fresh.replace(path)
