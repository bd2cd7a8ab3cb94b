"""The conformance suite: `pytest --pyargs askance.suite --askance NAME`, one test for each clause.

`conduct` is what each test does; `scenarios` are the named programs that `askance run` knows.
"""
