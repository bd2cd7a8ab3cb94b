"""What `askance init` writes into a repository: an adapter that works, a tox.ini, and a workflow for CI."""
