"""Understands a person and words a reply."""
