"""What a transfer is: its recipe, size, scales and format. Data, free of torch."""
