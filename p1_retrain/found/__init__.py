"""What is found out, as dataclasses. Nothing here prints; only `redriving` and `key_setup` change anything."""
