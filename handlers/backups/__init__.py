"""Targets become results.

What comes in are targets; each is decided on, planned and sent, an instance through its volumes; what goes out is one
result per resource.
"""
