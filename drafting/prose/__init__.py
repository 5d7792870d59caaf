"""A plan's running text: its outline, headings, bullets and label blocks into obligations."""
