"""Measures the relay of one S3 object to a presigned URL against the ways people do it today."""
