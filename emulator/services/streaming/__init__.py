"""The Streaming service, as far as others put something on a stream: it is told in the journal, and kept nowhere."""
