"""Backups: a whole house in one file, from either store and into either."""
