"""Replay: a function is recorded once, and the recording is run again without Python."""
