"""The rehearsal: the whole plan on a virtual clock, with agencies that behave like agencies."""
