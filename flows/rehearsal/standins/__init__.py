"""Servers that take the place of the outside world, on loopback: for rehearsals and for tests."""
