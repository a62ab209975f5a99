"""A recording as a program: lowered to a plan, which the engine runs."""

from leopard._numeric.replay import ReplayProgram
from leopard.compiling.lowering import lower
from leopard.compiling.recording import Recording

#: The outcome of a run in which something was not as the recording supposes: a guard, or the form of a result.
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
        self.n_outputs = len(recording.outputs)
        self.guards = recording.guards
        outputs = recording.outputs + [guard.value for guard in recording.guards]
        self.plan = lower(Recording(recording.inputs, recording.nodes, [], outputs))
        self.captured = self.plan.captured_arrays
        self.program = ReplayProgram(self.plan)

    def info(self):
        return self.program.info()

    def run(self, arrays, out=None):
        """(outcome, outputs): 0 and the arrays; or CHANGED, or RAISED.

        An exception of a step in Python propagates.
        """
        outcome, found = self.program.run([*arrays, *self.captured])
        if outcome > 0:
            return CHANGED, None
        if outcome < 0:
            return outcome, None
        if self.guards:
            for guard, y in zip(self.guards, found[self.n_outputs :], strict=True):
                if y.tobytes() != guard.expected.tobytes():
                    return CHANGED, None
            found = found[: self.n_outputs]
        return 0, found
