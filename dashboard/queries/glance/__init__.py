"""What is at hand, at a glance: the periods of what recurs, and agencies against products. Pure."""
