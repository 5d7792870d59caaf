"""Figures asked for, summed up, put into reports."""
