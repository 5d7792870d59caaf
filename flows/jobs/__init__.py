"""Work that joins several rooms: plain functions, run by a flow, a command or a test."""
