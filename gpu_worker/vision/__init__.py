"""Looking at photos for their feedback: an image encoder, and a face detector where one is set up."""
