"""Why a launch code or a notice of sign-out is refused."""

from __future__ import annotations

from ultracore.errors import CustomerError


class LaunchRefused(CustomerError):
    """The token cannot be used. `code` says why; the person can only open the widget anew or sign in again."""

    default_code = "launch.refused"
    default_sentence = "You could not be signed in here. Please reload the page, or sign in again at your bank."
