"""What a check found, mended: nothing is deleted, and run twice it finds nothing to do."""
