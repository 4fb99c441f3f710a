"""Counts SQL statements per test with the project frames that issued them; never raises into the target."""
