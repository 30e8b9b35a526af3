"""The Resource Scheduler service, as far as schedules that invoke functions.

https://docs.oracle.com/en-us/iaas/api/#/en/resource-scheduler/20240430/
"""
