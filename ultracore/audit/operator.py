"""The person at the command line: the operating system's user, which is all the identity that there is."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operator:
    """`person` is who counts when two different persons are wanted; `account` is what the process runs as."""

    person: str
    account: str


SYSTEM = Operator("system", "system")
"""The program itself, for what it does at its start."""


def operator_of(sudo_user: str | None) -> Operator:
    """The user of this process. Of root, who came by sudo: the user who called it (`SUDO_USER`).

    Root can name any user in `SUDO_USER`: two persons are two only if neither is root on the machine.
    """
    uid = os.getuid()
    try:
        account = pwd.getpwuid(uid).pw_name
    except KeyError:
        account = f"uid:{uid}"
    return Operator(sudo_user if uid == 0 and sudo_user else account, account)
