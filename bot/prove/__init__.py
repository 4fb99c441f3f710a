"""From a patch to a proof: the repository's own tests, before and after, under the query probe."""
