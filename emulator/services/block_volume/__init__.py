"""The Block Volume service.

https://docs.oracle.com/en-us/iaas/api/#/en/iaas/20160918/Volume/
"""
