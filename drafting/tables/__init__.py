"""A plan's task tables into obligations."""
