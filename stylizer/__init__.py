"""Pairs of images -> stylised images. Knows the catalog, never the scraper."""

import os

# Torch's threads spin while they wait for each other. On cores that are shared with anything else that makes a
# transfer four times slower (measured: two at once on two cores, 192 px, 2.06 against 0.54 s an evaluation);
# asleep they lose nothing on free ones. OpenMP reads this when torch is loaded, so it is said before.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
