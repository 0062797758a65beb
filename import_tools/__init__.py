"""Reading people from files and directories."""
