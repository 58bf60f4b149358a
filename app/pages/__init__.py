"""Public pages under /p/: what everybody may read, without an account and without a script."""
