"""Open311 GeoReport v2: what is public of tickets, what outside tools filed, what we hand on."""
