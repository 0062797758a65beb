"""The long-lived link to the Jabber (XMPP) server: it lives in the courier's process and nowhere else."""
