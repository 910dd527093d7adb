"""Brings a landed file to the service, once."""
