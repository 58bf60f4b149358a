"""The channels messages leave by."""
