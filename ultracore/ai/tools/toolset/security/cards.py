"""The argument that names a card."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

CardName = Annotated[
    str | None,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=32),
    Field(description="The card's last four digits. Leave it out if the customer named none."),
]
