"""Bytes become targets.

What comes in is a delivered body; what goes out are the targets that it names, and a result for each part of it that
asks for nothing.
"""
