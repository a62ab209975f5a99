"""A recording as a program: lowered to a plan, which the engine runs."""

import numpy as np

from leopard._core import array_of_any
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
    variables : list of Variable or None
        For each of them the Variable, if there is one, whose array a run reads then.
    plan : Plan
    """

    def __init__(self, recording, threads=1):
        self.plan = lower(recording)
        self.captured, self.variables = self.plan.captured_arrays, self.plan.captured_variables
        if not all(x.flags.aligned for x in [*self.captured, *self.plan.constants]):
            raise ValueError("replay has no arrays that are not aligned")
        self.forms = list(map(_form, self.captured))
        self.program = ReplayProgram(self.plan, threads)

    def info(self):
        return self.program.info()

    def captured_now(self):
        """The arrays from outside, those of Variables as they are now; None where one has another form."""
        given = zip(self.captured, self.variables, strict=True)
        arrays = [x if v is None else array_of_any(v) for x, v in given]
        return arrays if list(map(_form, arrays)) == self.forms else None

    def sources(self):
        """The arrays from outside, and for those of Variables what returns them, as a Front takes them."""
        given = zip(self.captured, self.variables, strict=True)
        return [x if v is None else (array_of_any, v) for x, v in given]

    def run(self, arrays):
        """(outcome, outputs): 0 and the arrays; or CHANGED, or RAISED.

        An exception of a step in Python propagates.
        """
        captured = self.captured_now()
        if captured is None:
            return CHANGED, None
        arrays = [np.asarray(x) if isinstance(x, np.generic) else x for x in arrays]
        outcome, found = self.program.run([*arrays, *captured])
        return (CHANGED, None) if outcome > 0 else (outcome, found)


def _form(array):
    return array.dtype, array.shape, array.strides, array.flags.aligned
