"""The deployed template on the local stack."""
