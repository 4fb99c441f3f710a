"""What a repository says about itself: facts per file, linked into models, routes, calls and queries."""
