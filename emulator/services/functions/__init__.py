"""The Functions service.

https://docs.oracle.com/en-us/iaas/api/#/en/functions/20181201/
"""
