"""Files on records: what may be stored, where, and how it is given out again."""
