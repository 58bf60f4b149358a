"""Joint operations: planned by one, done by several teams, published as a result sheet."""
