"""What is handed in: read, checked, filed."""
