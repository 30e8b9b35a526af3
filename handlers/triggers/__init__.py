"""Bytes become targets.

What comes in is a delivered body; what goes out are the targets that it names, and a result for each part of it that
asks for nothing or cannot be used. `recognise` leads: it opens envelopes and arrays, and hands each document to the
module of its kind (`kinds`).
"""
