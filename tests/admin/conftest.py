"""The bank and record of the tests of logins."""

from tests.identity.conftest import clock, house, ledger, ledger_file, seeded_database, seeded_file

__all__ = ["clock", "house", "ledger", "ledger_file", "seeded_database", "seeded_file"]
