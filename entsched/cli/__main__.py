"""``python -m entsched.cli`` is the command ``entsched``."""

from entsched.cli import main

if __name__ == "__main__":
    main()
