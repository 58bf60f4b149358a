"""The daily digest: its numbers, and the list behind each."""
