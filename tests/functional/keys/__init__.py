"""The rotate and the watch function against real parts."""
