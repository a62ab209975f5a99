"""Compiled modules without a graph: inner loops, programs of them, arrays, the queue of ready Functions."""
