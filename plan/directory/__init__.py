"""The directory of the installation: agencies and people once, whatever plans they take part in."""
