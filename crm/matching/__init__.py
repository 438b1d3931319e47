"""How automation finds the record that somebody already has."""
