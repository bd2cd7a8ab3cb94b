"""askance: does a Python actor implementation compose?"""
