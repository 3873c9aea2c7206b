"""`python -m wheelpin`."""

from wheelpin.cli import main

if __name__ == "__main__":
    main()
