"""The helpdesk: everything that is not a screen, a table, a job or an import."""
