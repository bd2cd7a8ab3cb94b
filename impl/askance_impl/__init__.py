"""Implementations under test and their adapters; knows `askance.adapter` and nothing else of `spec`."""
