"""The record of every landed file and every model: all statuses, all conditional writes."""
