"""What is said to whom, and whether it arrived."""
