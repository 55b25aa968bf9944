"""Results -> pictures and pages that people look at. No torch here."""
