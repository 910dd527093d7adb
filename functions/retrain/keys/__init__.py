"""The models' API keys: read, renewed, and watched until their end."""
