"""Notices: written by one, reviewed by another, published to an area, open to objections."""
