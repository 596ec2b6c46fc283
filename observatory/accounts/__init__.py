"""Accounts, passwords, sessions and sign-in. Imports single modules of `observatory`."""
