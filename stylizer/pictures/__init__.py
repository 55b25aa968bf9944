"""Files <-> pixels, and what guides a transfer besides its two images."""
