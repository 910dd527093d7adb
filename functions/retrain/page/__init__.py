"""The page: what is live, what came after it and where it stands, as HTML for a CloudWatch dashboard. Read-only."""
