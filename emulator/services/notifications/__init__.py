"""The Notifications service.

https://docs.oracle.com/en-us/iaas/api/#/en/notification/20181201/
"""
