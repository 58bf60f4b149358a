"""Hazards: what patrols, grids, property and residents find, and what becomes of each."""
