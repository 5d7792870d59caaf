"""Filled-in files as agencies hand them in, for rehearsals and training. Figures are invented."""
