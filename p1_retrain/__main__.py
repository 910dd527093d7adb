"""`python -m p1_retrain` is `p1-retrain`."""

from p1_retrain.app import main

if __name__ == "__main__":
    main()
