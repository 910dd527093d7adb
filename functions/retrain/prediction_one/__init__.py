"""The Prediction One service as seen over HTTP. Knows no AWS."""
