"""Phrases of a sentence: agencies, names, labels, who does what, what is handed in."""
