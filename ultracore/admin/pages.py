"""The trees of pages: `/admin`, `/account`, `/second-factor`, `/set-password`, `/set-up`,
`/forgot-password`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ultracore.admin.account import ACCOUNT, AccountPages
from ultracore.admin.contact import ContactPages
from ultracore.admin.factor import FactorPages
from ultracore.admin.factor_door import FactorDoorPages
from ultracore.admin.forgotten import ForgottenPages
from ultracore.admin.links import LinkPages
from ultracore.admin.parts import AdminServer
from ultracore.admin.passkeys import PasskeyPages
from ultracore.admin.providers import ProviderPages
from ultracore.admin.set_up import SetUpPages
from ultracore.admin.users import ADMIN, ADMINISTRATORS, UserPages
from ultracore.principal import Role
from ultracore.web import PageTable, Site

_HERE: Final = Path(__file__).parent


def admin_pages(site: Site, server: AdminServer) -> PageTable:
    """The pages over the program's site."""
    table, templates = PageTable(site), site.templates(_HERE / "templates")
    site.add_link(ADMIN, "Logins", ADMINISTRATORS)
    site.add_link(ACCOUNT, "My login", set(Role))
    UserPages(site, server, templates).add_to(table)
    account = AccountPages(site, server, templates)
    account.add_to(table)
    ContactPages(site, server, templates, account).add_to(table)
    FactorDoorPages(site, server, templates).add_to(table)
    FactorPages(site, server, templates, account).add_to(table)
    ForgottenPages(site, server, templates).add_to(table)
    LinkPages(site, server, templates).add_to(table)
    PasskeyPages(site, server, templates, account).add_to(table)
    ProviderPages(site, server, templates, account).add_to(table)
    SetUpPages(site, server, templates).add_to(table)
    return table
