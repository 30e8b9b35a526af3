"""The Logging service, as far as log groups and logs are managed; what functions write is in the journal.

https://docs.oracle.com/en-us/iaas/api/#/en/logging-management/20200531/
"""
