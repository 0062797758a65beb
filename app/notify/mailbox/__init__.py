"""The mailbox that letters come into: its settings, its server, and what a letter says.

What becomes of a letter is decided in app.services.letters_in.
"""
