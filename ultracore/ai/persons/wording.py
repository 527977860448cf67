"""Our own sentences around a person of the bank who talks in a conversation, or is waited for."""

from __future__ import annotations

TAKEN = "Somebody else is talking in this conversation already."
NOT_YOURS_NOW = "This conversation is not yours any more. Nothing was sent."
STILL_BUSY = "An answer is still being written there. Please try again in a moment."
NO_CONVERSATION = "There is no such conversation of a customer of your bank."
UNREADABLE = "Please write between 1 and 4,000 characters that can be read."

WATCHED = "A member of the bank's staff is reading along in this conversation from now on."


def in_line(place: int, hours: str, *, is_open: bool) -> str:
    """What a customer is told who waits for a person. It promises no time, since none is known."""
    if is_open:
        return (
            f"You can also wait here: you are number {place} in line, and a person will write in this chat when "
            f"one is free ({hours}). I can't say how long that takes. Until then I go on answering."
        )
    return (
        f"Nobody is here to write in this chat at the moment: our people are there {hours}. You are number "
        f"{place} in line, and keep that place. Until then I go on answering."
    )


def joined(name: str) -> str:
    """What stands in the conversation while a person talks."""
    return f"{name} of the bank is here now and answers in my place. They cannot approve anything for you."


def left(name: str) -> str:
    """What stands there when the person has given the conversation back."""
    return f"{name} has left this conversation. I am Anya, the bank's assistant, and answer again from here on."


def left_idle(name: str) -> str:
    """What stands there when the person has not done anything for minutes."""
    return (
        f"{name} has been away for some minutes, so I am back: Anya, the bank's assistant. If you still need a "
        "person, please say so, and you get a new place in line."
    )


def author(name: str) -> str:
    """Whose words these are, as the page names them."""
    return f"{name} (UltraCore Bank)"
