"""Pages of administrators, and everybody's page about their own login."""

from ultracore.admin.pages import admin_pages
from ultracore.admin.parts import AdminParts, AdminServer

__all__ = [
    "AdminParts",
    "AdminServer",
    "admin_pages",
]
