"""Who consumes what: the one file that knows everybody.

Each consumer reads the journal by itself; nobody calls across apps.
"""

from __future__ import annotations
