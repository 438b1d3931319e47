#!/usr/bin/env python3
"""Start, test and administer Handoff. Needs only Python 3.11 or newer.

python3 run.py                 install what is missing, start everything
python3 run.py test [...]      run the whole test suite (arguments go to pytest)
python3 run.py manage ...      run a management command on the same database
python3 run.py bench [NAME]    run the benchmarks (the big data set stays for the next)

Environment: PORT (8000), HANDOFF_DATA (.local), HANDOFF_DEMO=0 (start empty),
DATABASE_URL and REDIS_URL (use these services instead of the embedded ones),
HANDOFF_BENCH_SIZE (1m; 100k, 10k, or several with commas between).
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - said before anything else is read
    sys.exit("Handoff needs Python 3.11 or newer; this is %s." % sys.version.split()[0])  # noqa: UP031 - old Pythons read this line

from core.embedded.install import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], usage=__doc__ or ""))
