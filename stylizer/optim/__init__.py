"""What moves the pixels. Knows no picture."""
