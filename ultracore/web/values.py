"""What can be wrong with the visit of a page."""

from __future__ import annotations

from ultracore.errors import CustomerError


class Forbidden(CustomerError):
    """The person is signed in, and their role has no business here."""

    default_code = "page.forbidden"
    default_sentence = "This page is not for your role."


class FormRefused(CustomerError):
    """The form did not come from a page of ours, or from one of another login session."""

    default_code = "page.form_refused"
    default_sentence = "This form can no longer be sent, and nothing was changed. Please open the page again."


class NoSuchPage(CustomerError):
    """Nothing is at this address, or nothing that this person may know of."""

    default_code = "page.missing"
    default_sentence = "There is no such page."
