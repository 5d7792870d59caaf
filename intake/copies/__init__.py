"""A PDF and what came beside it: compared, its signatures told, its pages shown."""
