"""Screens: thin views that parse, call one service verb and render."""
