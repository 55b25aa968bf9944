"""How people name images and results: words and filters, the same for every command, answered by the catalog."""
