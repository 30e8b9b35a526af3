"""The Identity service: the tree of compartments, dynamic groups and policies, regions and the tenancy.

https://docs.oracle.com/en-us/iaas/api/#/en/identity/20160918/
"""
