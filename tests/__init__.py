"""Tests: unit without network, functional with one function, e2e on the deployed template."""
