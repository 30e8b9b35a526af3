"""The Events service.

https://docs.oracle.com/en-us/iaas/api/#/en/events/20181201/
"""
