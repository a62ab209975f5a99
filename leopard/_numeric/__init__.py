"""Compiled modules that know no graph: inner loops, programs of them, arrays, a queue of ready Functions."""
