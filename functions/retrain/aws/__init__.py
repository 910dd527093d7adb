"""AWS as the other packages use it: clients, conditional writes, events, reasons."""
