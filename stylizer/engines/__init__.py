"""Where pairs are made. One protocol (`protocol.py`), several places; none of them knows the catalog."""
