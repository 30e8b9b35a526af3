"""The door: HTTP requests in, signatures checked, operations called, answers out."""
