"""The issuer's public keys (a JSON Web Key Set, RFC 7517), read from a URL or a file and kept.

Read again when they are old and when a token names an unknown key, the latter not too often: a
stranger's made-up key ids must not become a flood at the issuer. While the issuer cannot be
reached, the last good set stays in use.
"""

from asyncio import Lock
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
from jwt import PyJWK
from jwt.exceptions import PyJWKError, PyJWTError

from shared.kit.observe import logger

ALGORITHMS = ("RS256", "ES256")
SMALLEST_RSA_KEY = 2048
FRESH = timedelta(minutes=15)
PAUSE = timedelta(seconds=10)
TIMEOUT_SECONDS = 5.0

log = logger("shared.jwks")


class KeySet:
    """Keys by their id, each bound to its own algorithm."""

    def __init__(self, source: str, now: Callable[[], datetime]) -> None:
        self._source = source
        self._now = now
        self._keys: Mapping[str, PyJWK] = {}
        self._due = self._unknown_due = datetime.min.replace(tzinfo=UTC)
        self._lock = Lock()
        self.loaded = False
        self.withdrawn = 0
        """Rises whenever a key disappears: what was verified before must be verified anew."""

    def due(self) -> bool:
        return self._now() >= self._due

    async def refresh(self) -> None:
        """Reads the set again. Who comes meanwhile goes on with the old one."""
        self._due = self._now() + PAUSE
        async with self._lock:
            await self._load()

    async def key(self, key_id: str) -> PyJWK | None:
        """The key of that id; without id the only key there is."""
        found = self._held(key_id)
        if found is not None:
            return found
        async with self._lock:  # a refresh that is under way may bring it
            found = self._held(key_id)
            if found is None and self._now() >= self._unknown_due:
                self._unknown_due = self._now() + PAUSE
                await self._load()
                found = self._held(key_id)
        return found

    def _held(self, key_id: str) -> PyJWK | None:
        if not key_id and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    async def _load(self) -> None:
        try:
            keys = usable_keys(orjson.loads(await self._read()))
        except (OSError, httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            log.warning("issuer keys not read; the last good set stays", error=str(error))
            return
        if any(key_id not in keys for key_id in self._keys):
            self.withdrawn += 1
        self._keys, self.loaded = keys, True
        self._due = self._now() + FRESH

    async def _read(self) -> bytes:
        if not self._source.startswith(("http://", "https://")):
            return Path(self._source).read_bytes()
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as client:
            answer = await client.get(self._source, headers={"accept": "application/json"})
            return answer.raise_for_status().content


def usable_keys(document: Any) -> dict[str, PyJWK]:
    """Signing keys of the algorithms we accept; the rest of the set is none of our business.

    Raises ValueError when the document is not a key set.
    """
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("The document is not a JSON Web Key Set.")  # noqa: TRY004  # its content
    found: dict[str, PyJWK] = {}
    for entry in entries:
        if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
            continue
        try:
            key = PyJWK.from_dict(entry)
        except (PyJWKError, PyJWTError, ValueError, TypeError, KeyError):
            continue
        too_small = entry.get("kty") == "RSA" and key.key.key_size < SMALLEST_RSA_KEY
        if key.algorithm_name in ALGORITHMS and not too_small:
            found[key.key_id or ""] = key
    return found
