"""The directory: what residents ask about, kept by staff for an area."""
