"""What an invocation costs, against the alternatives in the same run: ``make bench``."""
