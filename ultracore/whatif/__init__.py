"""What-if: recorded conversations again with another model, prompt or policy, offline and without any effect."""

from ultracore.whatif.playing import Instead
from ultracore.whatif.prompts import Prompts, shipped_prompts
from ultracore.whatif.report import WhatIfReport
from ultracore.whatif.service import WhatIf
from ultracore.whatif.values import ComparedConversation

__all__ = [
    "ComparedConversation",
    "Instead",
    "Prompts",
    "WhatIf",
    "WhatIfReport",
    "shipped_prompts",
]
