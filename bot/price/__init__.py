"""From a proof to a saving: three amounts, a range, a grade."""
