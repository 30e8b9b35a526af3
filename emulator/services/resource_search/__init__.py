"""The Resource Search service, as far as structured queries.

https://docs.oracle.com/en-us/iaas/api/#/en/search/20180409/
"""
