"""The Monitoring service, as far as alarms.

https://docs.oracle.com/en-us/iaas/api/#/en/monitoring/20180401/Alarm/
"""
