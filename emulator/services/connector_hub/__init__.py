"""Connector Hub, as far as a function is its target.

https://docs.oracle.com/en-us/iaas/Content/connector-hub/overview.htm
"""
