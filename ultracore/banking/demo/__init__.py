"""The demo world of the contract: who is in it, what they did in the last year, and how it gets into the store."""
