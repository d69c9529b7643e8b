"""Who a child runs as: a user of the system that may do nothing, or one by number alone."""

import os
import pwd
from dataclasses import dataclass

from tradepost.faults import GroundError


@dataclass(frozen=True, slots=True)
class Identity:
    """A user and its group, by number."""

    uid: int
    gid: int


def has_name(uid: int) -> bool:
    """Whether the system knows this user: initdb refuses to work for one it does not."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def home_is_writable() -> bool:
    """Whether the home that the system knows for us, which is the one Java asks for, can be used."""
    uid = os.geteuid()
    return has_name(uid) and os.access(pwd.getpwuid(uid).pw_dir, os.W_OK | os.X_OK)


def unprivileged() -> Identity:
    """`nobody`, which every system has; failing that, any user that is not root."""
    others = [user for user in pwd.getpwall() if user.pw_uid != 0]
    if not others:
        raise GroundError(
            "PostgreSQL refuses to run as root and /etc/passwd knows nobody else; "
            "start as an ordinary user, or name a server with DATABASE_URL=…"
        )
    chosen = next((user for user in others if user.pw_name == "nobody"), others[-1])
    return Identity(chosen.pw_uid, chosen.pw_gid)
