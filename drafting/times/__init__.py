"""What time words mean: due once, recurring, and where they stand in a text."""
