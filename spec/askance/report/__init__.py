"""Reports: what a check found, as data, and as text for the terminal."""
