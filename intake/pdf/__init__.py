"""PDF files with text: paragraphs and ruled tables in reading order, each with its page and box."""
