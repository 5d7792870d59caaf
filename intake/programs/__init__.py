"""Other programs that read what this one cannot, each bounded and guarded."""
