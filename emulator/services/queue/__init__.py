"""Queue: queues and the messages in them, without consumer groups and large messages.

https://docs.oracle.com/en-us/iaas/Content/queue/overview.htm
"""
