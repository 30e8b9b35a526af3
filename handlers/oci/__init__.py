"""Requests become signed calls, and answers.

What comes in is an operation, a resource and a body; what goes out is the API's answer, or an error that says what
to do. Only this room knows the SDK, the network and the resource principal.
"""
