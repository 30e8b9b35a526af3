"""What a service is made of, and what the services share."""
