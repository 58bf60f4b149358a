"""The commands of `linli`, one module each."""
