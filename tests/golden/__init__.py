"""What a rehearsal gave people, kept: `make golden` remakes the archive, a test compares."""
