"""Which part of a package may import which: a part is a sub-package with all that lies in it, or a module.

Read a row as "may import". Each table goes from what knows nothing of the package to what puts it together, and a
row names only rows above it, so that a reader sees that there is no cycle.
"""

from __future__ import annotations

AUDIT = {
    "events": "",
    "canonical": "",
    "database": "",
    "values": "events",
    "operator": "",
    "evidence": "values",
    "vocabulary": "events operator evidence",
    "masking": "events",
    "sealing": "events canonical database values masking",
    "store": "events canonical database values sealing",
    "trail": "events values vocabulary masking sealing store",
    "record": "events values evidence vocabulary trail",
    "heads": "events canonical database values sealing store",
    "kafka": "canonical database values store",
    "erasure": "events vocabulary canonical database values operator evidence sealing store trail",
    "replay": "events vocabulary canonical store",
    "reports": "events values store trail",
    "defaults": "database values sealing store kafka erasure",
    "default_record": "sealing store trail defaults",
    "index": "events vocabulary canonical values sealing store trail kafka defaults",
    "verify": "events canonical values sealing store heads kafka index",
}
BANKING = {
    "money": "",
    "days": "",
    "identifiers": "",
    "seals": "",
    "values": "money",
    "actions": "identifiers values",
    "store": "money values",
    "subject": "money store",
    "customers": "money values store",
    "payees": "money days identifiers values actions store",
    "safety": "identifiers values actions store",
    "ledger": "money days identifiers values store payees",
    "access": "money identifiers seals values store safety",
    "fraud": "money identifiers values store customers safety access",
    "lending": "money days identifiers values actions store customers ledger",
    "account_life": "money days identifiers values actions store payees ledger",
    "payments": "money days identifiers values store payees ledger",
    "proposals": "money identifiers seals values actions store payees ledger",
    "statements": "money days identifiers values store ledger",
    "wealth": "money identifiers values store customers ledger",
    "demo": "identifiers values store payees access",
    "effects": "actions payees safety lending account_life",
    "security": "identifiers seals store customers safety access fraud",
    "bank": "identifiers seals actions store customers payees ledger access fraud lending account_life payments "
    "proposals statements wealth effects security",
    "defaults": "seals store access demo bank",
}
AI = {
    "mcp": "",
    "faults": "",
    "sentences": "",
    "sound_text": "",
    "care": "",
    "profiles": "",
    "screen": "",
    "model": "",
    "openai_client": "model",
    "routing": "",
    "recording": "screen",
    "approvals": "faults screen recording",
    "tools": "sound_text profiles screen model recording approvals",
    "answers": "",
    "agents": "sound_text profiles screen model routing tools answers",
    "open_turn": "care screen recording tools",
    "presses": "sentences screen recording approvals tools answers",
    "staff": "care screen open_turn presses answers",
    "conversation": (
        "faults sentences care profiles screen model recording tools agents answers open_turn presses staff"
    ),
    "table": "profiles tools",
}
CACHE = {
    "client": "",
    "keys": "",
    "serialization": "",
    "lock": "client",
    "limits": "client keys",
    "server": "client",
    "stores": "client keys limits",
    "defaults": "client server",
    "redis_cache": "client keys serialization lock limits defaults",
    "cache_manager": "keys redis_cache",
    "cached": "serialization redis_cache",
}
CHAT = {
    "admission": "",
    "interfaces": "",
    "metrics": "",
    "startup": "",
    "switches": "",
    "page": "interfaces",
    "sessions": "page",
    "runtime": "admission interfaces metrics sessions",
    "door": "runtime",
    "launch": "door",
    "handlers": "page sessions runtime door",
    "http": "admission interfaces page sessions runtime door handlers",
    "watch": "runtime http",
    "registration": "interfaces startup switches runtime door handlers http watch",
}
INNER_DIRECTIONS = {
    "ultracore.audit": AUDIT,
    "ultracore.banking": BANKING,
    "ultracore.ai": AI,
    "ultracore.cache": CACHE,
    "ultracore.chat": CHAT,
}
