"""Files into a `Document`, one reader a kind."""
