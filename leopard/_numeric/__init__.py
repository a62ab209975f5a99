"""Compiled modules that know no graph: inner loops and programs of them, whole arrays, the queue of ready Functions."""
