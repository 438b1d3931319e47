"""The API of customers and leads."""
