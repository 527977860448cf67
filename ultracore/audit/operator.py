"""Who acts on the command line: the operating system's user, which is all the identity that there is."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operator:
    """`person` is who counts where two different persons are wanted; `account` is what the process runs as."""

    person: str
    account: str


SYSTEM = Operator("system", "system")
"""Nobody: what the program does by itself at its start."""


def operator_of(sudo_user: str | None) -> Operator:
    """The user of this process. Of root, who came by sudo: the user who called it (`SUDO_USER`).

    Whoever is root can say to be anybody: two persons are two only where neither is root on the machine.
    """
    uid = os.getuid()
    try:
        account = pwd.getpwuid(uid).pw_name
    except KeyError:
        account = f"uid:{uid}"
    return Operator(sudo_user if uid == 0 and sudo_user else account, account)
