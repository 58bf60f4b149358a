"""Open311 GeoReport v2 at /open311/v2: other civic tools read, file and follow matters here."""
