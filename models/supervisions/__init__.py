"""Supervision: a superior's note on tickets or a project, with a date, an answer and talks."""
