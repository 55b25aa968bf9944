"""What nobody vouches for, made on purpose: JSON, images and pages that no honest program writes."""
