"""What is handed in: tried, filed, looked at again."""
