"""The groups of `flask` commands, one file per subject."""
