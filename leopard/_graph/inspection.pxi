# Part of _core.pyx. What tests look at: the records that exist, their values, the cyclic collector.

def count_records():
    """How many Variables and Functions there are whose memory is a cell of `slabs.h`: a leak shows."""
    return leopard_n_records


def count_hooked():
    """How many Variables and Functions have hooks: while it is 0, a walk looks for none."""
    return n_hooked


def holds_value(Variable v not None):
    """Whether a Variable has its value, which otherwise is computed again when it is read."""
    return not v.flags & (DROPPED_VALUE | EMPTY)


def is_tracked(o):
    """Whether the cyclic collector tracks this Variable or Function."""
    if not isinstance(o, (Variable, Function)):
        raise TypeError(f"{type(o)} is neither a Variable nor a Function")
    if isinstance(o, Variable):
        return bool((<Variable>o).flags & TRACKED)
    return bool((<Function>o).flags & TRACKED)
