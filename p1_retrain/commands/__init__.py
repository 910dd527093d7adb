"""The commands: each parses its arguments, has something found out or done, and prints it."""
