"""Whistles: departments called to a ticket, each with a clock and an answer of its own."""
