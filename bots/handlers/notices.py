"""Notices: what is published where one lives, read by a digit, and objections to it."""
