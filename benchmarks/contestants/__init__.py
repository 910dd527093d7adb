"""The contestants written in Python: modules with a `relay(transfer)`, each run in a process of its own."""
