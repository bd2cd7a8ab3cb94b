"""Search: which schedules to run. `explore()`, and one strategy a module, its paper at the head."""
