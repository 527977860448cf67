"""The bank: customers, accounts, a double-entry ledger, proposals, users, policy and risk, over one SQL store."""
