"""Mails that hand something in: fetched, read, weighed. Nothing here files anything."""
