"""The Networking service, as far as a private subnet that reaches Oracle's services; packets go nowhere.

https://docs.oracle.com/en-us/iaas/api/#/en/iaas/20160918/Vcn/
"""
