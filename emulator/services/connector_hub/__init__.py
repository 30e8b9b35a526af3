"""Connector Hub, as far as a function is its target and the audit log, a stream or a queue its source.

https://docs.oracle.com/en-us/iaas/Content/connector-hub/overview.htm
"""
