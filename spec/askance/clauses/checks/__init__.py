"""The checks behind the clauses, one module a chapter: when a clause falls, and when its situation was reached."""
