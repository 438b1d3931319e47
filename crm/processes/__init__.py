"""Business processes: what they are made of, and where each record stands."""
