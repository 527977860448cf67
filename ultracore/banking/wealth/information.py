"""General information about investing, in the bank's own words, always with the general advice warning."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ultracore.errors import ToolRefused

GENERAL_ADVICE_WARNING: Final = (
    "This is general information only. It was prepared without taking account of your objectives, financial "
    "situation or needs. Before acting on it, consider whether it is appropriate for you, read the relevant "
    "Product Disclosure Statement and Target Market Determination, and consider seeking advice from a licensed "
    "financial adviser."
)
PAST_PERFORMANCE: Final = "Past performance is not a reliable indicator of future performance."


@dataclass(frozen=True, slots=True)
class Topic:
    """One subject: its name, the other words for it, and what there is to say."""

    name: str
    words: tuple[str, ...]
    text: str


TOPICS: Final = (
    Topic(
        "diversification",
        ("diversif", "spread", "eggs in one basket"),
        "Diversification means spreading money over different investments, such as shares, bonds and cash, and "
        "over countries and industries, so that one poor result matters less. It lowers risk but does not "
        "remove it.",
    ),
    Topic(
        "risk and return",
        ("risk", "return", "volatil"),
        "Investments that may return more usually rise and fall more on the way. Shares have risen and fallen "
        "more than bonds, and bonds more than cash. How long money can stay invested matters for how much "
        "movement is bearable.",
    ),
    Topic(
        "asset allocation",
        ("allocation", "asset mix", "rebalanc"),
        "Asset allocation is the split between classes such as shares, fixed interest and cash. It explains "
        "more of how a portfolio moves than the single investments do. As prices move the split drifts; "
        "bringing it back to a target is called rebalancing, and can cost fees and tax.",
    ),
    Topic(
        "compound interest",
        ("compound", "interest on interest"),
        "With compounding, earnings that stay invested earn something themselves. Over long times that makes up"
        " much of the growth. Fees and debts compound in the same way, against you.",
    ),
    Topic(
        "exchange traded funds",
        ("etf", "exchange traded", "index fund", "managed fund"),
        "An exchange traded fund (ETF) is a fund whose units are bought and sold on a stock exchange. Many "
        "follow an index, hold many securities at once and charge low fees. Their price moves with what they "
        "hold.",
    ),
    Topic(
        "shares",
        ("share", "stock", "equit"),
        "A share is a part of a company. Its holder may get dividends, and the price can rise or fall, "
        "sometimes by much and for years. A single company can fail; an index holds many.",
    ),
    Topic(
        "bonds",
        ("bond", "fixed interest", "term deposit"),
        "A bond is a loan to a government or company that pays interest and is repaid at a set date. When "
        "market interest rates rise, the price of existing bonds falls, and the other way round.",
    ),
    Topic(
        "superannuation",
        ("super", "retire", "pension"),
        "Superannuation is money set aside for retirement, with contributions from an employer and tax rules of"
        " its own. It can usually be reached only after a certain age. The Australian Taxation Office publishes"
        " the current rates and caps.",
    ),
    Topic(
        "fees",
        ("fee", "cost", "brokerage", "management expense"),
        "Investing has costs: brokerage when buying or selling, management fees inside funds, and sometimes "
        "advice or platform fees. A small difference in yearly fees adds up over decades. Product Disclosure "
        "Statements list them.",
    ),
    Topic(
        "dollar cost averaging",
        ("averaging", "regular invest", "regularly", "lump sum"),
        "Investing the same amount at regular times buys more units when prices are low and fewer when they are"
        " high. It makes the moment of buying matter less; it does not assure a profit, and prices that rise "
        "all the while favour investing earlier.",
    ),
    Topic(
        "inflation",
        ("inflation", "purchasing power"),
        "Inflation is the rise of prices over time. Money that earns less than inflation buys less each year. "
        "What counts in the long run is the return after inflation, fees and tax.",
    ),
    Topic(
        "tax",
        ("tax", "capital gain", "franking", "dividend"),
        "Interest and dividends are usually taxed as income, and a profit on selling an investment is usually a"
        " capital gain; a discount can apply after twelve months. Dividends can carry franking credits. A "
        "registered tax agent can say what applies to you.",
    ),
)


def about(question: str) -> Topic:
    """The topic that a question names. Raises `ToolRefused` (`topic.unknown`) with the list of topics."""
    asked = " ".join(question.casefold().replace("_", " ").split())
    for topic in TOPICS:
        if topic.name in asked:
            return topic
    for topic in TOPICS:
        if any(re.search(rf"\b{re.escape(word)}", asked) for word in topic.words):
            return topic
    names = ", ".join(topic.name for topic in TOPICS)
    raise ToolRefused(f"There is no general information on that. The topics are: {names}.", code="topic.unknown")
