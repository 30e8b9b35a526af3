"""Results become messages, the caller's answer, and log lines.

What comes in are results; what goes out is read by programs (CloudEvents on TOPIC_ID), by people and by the platform.
"""
