"""The stand-in of Prediction One is itself tested: what relies on a lax one proves nothing."""
