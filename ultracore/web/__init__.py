"""The kit for pages that the server renders: who may see one, its forms, its look.

A package that has pages makes a `PageTable` of its routes over the one `Site` of the program. The table lets in
only the roles that a route names, and takes no form that another site's page could have sent: a handler is called
with a `Visit` for which both are settled.
"""

from ultracore.web.assets import Asset, asset_of
from ultracore.web.forms import Form
from ultracore.web.paging import Leaf, PageNumber
from ultracore.web.sheets import sheet
from ultracore.web.site import Door, NavigationLink, Site, Templates, Visit, see_other
from ultracore.web.table import PageTable
from ultracore.web.values import Forbidden, FormRefused, NoSuchPage

__all__ = [
    "Asset",
    "Door",
    "Forbidden",
    "Form",
    "FormRefused",
    "Leaf",
    "NavigationLink",
    "NoSuchPage",
    "PageNumber",
    "PageTable",
    "Site",
    "Templates",
    "Visit",
    "asset_of",
    "see_other",
    "sheet",
]
