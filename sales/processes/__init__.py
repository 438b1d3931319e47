"""Moving leads and opportunities through their processes."""
