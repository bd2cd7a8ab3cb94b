"""Adapters of other people's actors, and of the ways in which everybody gets it wrong at first."""
