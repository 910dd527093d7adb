"""What `make scan` runs beside ready-made programs, in the environment that checkov has (`.venv-scan`)."""
