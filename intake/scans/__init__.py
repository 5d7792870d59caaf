"""Scans and photos: read by a machine into words beside the file; figures wait for a person's yes."""
