"""The demo world: who is in it, what they did in the last year, and how it gets into the store."""

from ultracore.banking.demo.seeding import is_demo_world, renew_demo_passwords, seed_demo_world

__all__ = [
    "is_demo_world",
    "renew_demo_passwords",
    "seed_demo_world",
]
