"""The verbs of the helpdesk, one file per subject."""
