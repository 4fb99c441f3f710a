"""From an APM export to ranked hotspots: one reader per source, one detector, one ranking."""
