"""Follows a retrain job from its upload to the live model."""
