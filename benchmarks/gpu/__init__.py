"""What a GPU makes of the program: is it right, how fast, where does the time go."""
