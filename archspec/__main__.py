"""`python -m archspec` is the command line."""

from archspec.cli import main

if __name__ == "__main__":
    main()
