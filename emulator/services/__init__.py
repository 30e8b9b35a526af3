"""The services of the local OCI, one package each."""
