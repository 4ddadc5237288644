"""One file per thing that a citizen can do.  Each flow reads like the clerk's manual, from top to bottom."""
