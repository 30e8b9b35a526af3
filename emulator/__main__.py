"""``python -m emulator``: serve the local OCI until it is interrupted."""

from .command import main

if __name__ == "__main__":
    main()
