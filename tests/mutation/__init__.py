"""Mutants of the permission module, and who kills them: `make mutants`."""
