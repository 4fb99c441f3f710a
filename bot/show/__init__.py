"""What a person or a machine reads: console, JSON report."""
