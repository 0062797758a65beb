"""The ways to a person: one file per channel, each a small class. See ``base`` for what a channel is."""
