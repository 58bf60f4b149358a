"""Reports: a week, month, quarter or year of an area, who is sent them, and their topics."""
