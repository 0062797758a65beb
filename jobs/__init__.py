"""Background jobs and the one table of periodic ones."""
