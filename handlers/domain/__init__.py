"""The values that all rooms speak in: triggers, targets, tags, requests, results and errors.

Nothing here reads or writes anything, and nothing but the names of its operations is of any cloud.
"""
