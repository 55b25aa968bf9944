"""What other tools write beside their images: sidecar files -> what the catalog keeps of a post."""
