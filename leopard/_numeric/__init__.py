"""Compiled modules that know no graph: inner loops and programs of them, arrays, the queue of ready Functions."""
