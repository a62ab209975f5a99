"""Compiled modules that know no graph: NumPy's inner loops, whole arrays, the queue of ready Functions."""
