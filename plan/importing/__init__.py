"""A plan and its obligations put into the database, or changed there by a new version."""
