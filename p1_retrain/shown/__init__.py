"""How results look to people, in a terminal of 80 columns or more. Nothing here asks AWS."""
