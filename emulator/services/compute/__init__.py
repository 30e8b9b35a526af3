"""The Compute service, as far as instances have volumes.

https://docs.oracle.com/en-us/iaas/api/#/en/iaas/20160918/Instance/
"""
