"""Rounds of patrols and the check points some of them have; nobody has to walk one."""
