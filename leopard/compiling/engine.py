"""A recording as a program: lowered to a plan, which the engine runs."""

import numpy as np

from leopard._numeric.replay import ReplayProgram
from leopard.compiling.lowering import lower

#: The outcome of a run in which something was not as the recording supposes: a guard, or the form of a
#: result.
CHANGED = -2
#: The outcome of a run in which a floating-point flag was raised that `numpy.errstate` does not ignore.
RAISED = -1


class Program:
    """A recording that can be run.

    Parameters
    ----------
    recording : Recording
    threads : int

    Attributes
    ----------
    captured : list of ndarray
        The arrays from outside that each run reads.
    plan : Plan
    """

    def __init__(self, recording, threads=1):
        self.plan = lower(recording)
        self.captured = self.plan.captured_arrays
        if not all(x.flags.aligned for x in [*self.captured, *self.plan.constants]):
            raise ValueError("replay has no arrays that are not aligned")
        self.forms = list(map(_form, self.captured))
        self.program = ReplayProgram(self.plan, threads)

    def info(self):
        return self.program.info()

    def has_recorded_forms(self):
        """Whether the arrays from outside are of the forms that were recorded."""
        return list(map(_form, self.captured)) == self.forms

    def run(self, arrays):
        """(outcome, outputs): 0 and the arrays; or CHANGED, or RAISED.

        An exception of a step in Python propagates.
        """
        if not self.has_recorded_forms():
            return CHANGED, None
        arrays = [np.asarray(x) if isinstance(x, np.generic) else x for x in arrays]
        outcome, found = self.program.run([*arrays, *self.captured])
        return (CHANGED, None) if outcome > 0 else (outcome, found)


def _form(array):
    return array.dtype, array.shape, array.strides, array.flags.aligned
