"""The publicity calendar: what is to be published when, what was, and what is late."""
