"""Daily matching: what patrols found held against what their grid has in hand."""
