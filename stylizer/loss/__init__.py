"""What is minimised: terms, their targets, and the objective that adds them up."""
