"""VGG, its weights, and how its convolutions are computed."""
