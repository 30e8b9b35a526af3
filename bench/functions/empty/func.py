"""The floor: a function that does nothing."""


def handler(ctx, data=None):
    return "{}"
