"""Mediations: confidential records of quarrels that somebody talked over, apart from tickets."""
