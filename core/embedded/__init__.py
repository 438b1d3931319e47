"""The launcher behind `run.py`: embedded PostgreSQL and Valkey, web, workers, beat.

Standard library only, so that it works before anything is installed. `install.py` runs
in the system's Python and hands over to `__main__.py` in the virtual environment.
"""
