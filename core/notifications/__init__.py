"""What people are told in the product, and by a digest email."""
