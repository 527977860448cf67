"""Names in the program that no product code uses; exit 1 if there are any. Part of `make check`.

Fields and constants are left out: columns, JSON keys and members of enumerations are read by other programs.
"""

from __future__ import annotations

import sys
from pathlib import Path

import vulture

ROOT = Path(__file__).resolve().parent.parent
KINDS = {"function", "method", "class", "property", "import", "unreachable_code"}
DECORATORS = ["@tool", "@tool(*", "@field_validator", "@field_validator(*", "@event.listens_for"]
CALLED_BY_LIBRARIES = "downgrade process_bind_param process_result_value describe __getattr__ do_POST"
PUBLISHED = (
    "stream_completion chat_with_context get_usage_stats get_client get_total_usage reset_all_stats execute_task "
    "get_conversation_history clear_conversation get_tool_* set_session get_session delete_session cache_* "
    "get_cached_* invalidate_account check_rate_limit expire invalidate_pattern get_or_set increment decrement "
    "list_* hash_* get_recent_events recent_audit_events log_* close_default_cache allows"
)
"""The published Python API: programs of others call it."""
BEFORE_THEIR_CALLER = "waiting_requests decide_request forget_devices"
"""What the supervisor's desk and the administration of logins, and their pages, are built on."""
FOR_OTHER_PROGRAMS = "commitment_of"
"""Described in `docs/record-format.md` for whoever checks an event without a key."""


def unused() -> list[str]:
    """Each as `path:line: unused kind 'name'`."""
    ignored = f"{CALLED_BY_LIBRARIES} {PUBLISHED} {BEFORE_THEIR_CALLER} {FOR_OTHER_PROGRAMS}".split()
    found = vulture.Vulture(ignore_names=ignored, ignore_decorators=DECORATORS)
    found.scavenge([str(ROOT / "ultracore"), str(ROOT / "app.py")])
    return [
        f"{item.filename.relative_to(ROOT)}:{item.first_lineno}: unused {item.typ} '{item.name}'"
        for item in found.get_unused_code(min_confidence=60)
        if item.typ in KINDS
    ]


if __name__ == "__main__":
    lines = unused()
    print(*lines, sep="\n" if lines else "", end="\n" if lines else "")
    sys.exit(1 if lines else 0)
