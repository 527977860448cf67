"""Arguments of the two published questions."""

from __future__ import annotations

from pydantic import StringConstraints

Short = StringConstraints(strip_whitespace=True, min_length=1, max_length=64)
