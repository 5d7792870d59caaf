"""The service, its users, and the rehearsal."""
