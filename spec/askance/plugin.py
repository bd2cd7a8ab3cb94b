"""The pytest plugin, loaded through the `pytest11` entry point wherever askance is installed; it adds nothing yet."""
