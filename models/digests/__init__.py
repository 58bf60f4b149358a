"""Digests: what a community's staff are told twice a day, each number with the list behind it."""
