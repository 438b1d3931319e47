"""Several records become one, with all that hangs on them, and apart again."""
