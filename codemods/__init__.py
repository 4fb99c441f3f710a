"""The codemods: one per file, found by location."""
