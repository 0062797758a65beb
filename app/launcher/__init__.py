"""``make run``: the whole helpdesk on one machine, in processes that live and die together."""
