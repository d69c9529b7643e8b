"""The passwords of the local database roles: made once, kept readable for the owner alone."""

import json
import secrets
from pathlib import Path

from tradepost.faults import GroundError
from tradepost.folder import write_private


class Passwords:
    """Beside the data, for whoever starts the server; the server itself knows a SCRAM hash only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: dict[str, str] = {}

    def read(self) -> None:
        """What an earlier start has written."""
        try:
            self._known = json.loads(self.path.read_text()) if self.path.exists() else {}
        except (OSError, ValueError) as error:
            raise GroundError(
                f"{self.path} cannot be read ({error}); restore that file from a backup"
            ) from error

    def __contains__(self, role: str) -> bool:
        return role in self._known

    def of(self, role: str) -> str:
        """The role's password; a role that has none yet gets one."""
        if role not in self._known:
            self._known[role] = secrets.token_urlsafe(24)
            write_private(self.path, json.dumps(self._known, indent=2))
        return self._known[role]
