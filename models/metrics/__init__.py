"""Figures of areas, categories, levels and teams, drawn from the events of tickets alone."""
