"""No test reaches the site: rows made from the models, the query with the patch's options, the relation read."""
