"""What the functions share: one landed file's way to Prediction One, and the record of it."""
