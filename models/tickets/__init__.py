"""Tickets: their rows, how one is opened, and everything that may happen to it."""
