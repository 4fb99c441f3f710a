"""A second look at tests that reach the site: more rows, shuffled, and what the edited query gives on them."""
