"""Settings: a default for the process, and a value for a `with` block of one thread or task."""

import contextlib
from contextvars import ContextVar

from leopard import _core


class _Setting:
    """One setting: its default, the context variable of its values, and the core's copy of its default."""

    def __init__(self, variable, default, check, set_compiled=lambda default: None):
        self.variable, self.default, self.check, self.set_compiled = variable, default, check, set_compiled

    def get(self):
        value = self.variable.get(None)
        return self.default if value is None else value

    def set(self, value):
        """Set the value for the rest of the `using_config` block, outside any for the whole process."""
        value = self.check(value)
        if self.variable.get(None) is None:
            self.default = value
            self.set_compiled(value)
        else:
            self.variable.set(value)


def _selection(name):
    if name not in ("bucket", "max", "sort"):
        raise ValueError(f'selection is "bucket", "max" or "sort", not {name!r}')
    return name


def _inspection(on):
    if on:
        _core.enable_inspection()
    return bool(on)


def _switch(name, check=bool):
    """A setting that is on or off, which the core reads."""
    switch = _core.switches[name]
    return _Setting(switch.variable, switch.default, check, switch.set_default)


_settings = {
    "enable_backprop": _switch("enable_backprop"),
    "train": _Setting(ContextVar("train"), True, bool),
    "selection": _Setting(_core.selection_switch, "bucket", _selection, _core.set_selection_default),
    "guard": _switch("guard", _inspection),
    "anomaly": _switch("anomaly", _inspection),
    "compiled": _switch("compiled"),
}


# Whether recording is on: ``Config.enable_backprop``, without its look-up by name.
recording = _settings["enable_backprop"].get


def _find(name):
    if name not in _settings:
        raise AttributeError(f"no setting is called {name!r}; there are {', '.join(_settings)}")
    return _settings[name]


class _Settings(type):
    def __getattr__(cls, name):
        return _find(name).get()

    def __setattr__(cls, name, value):
        _find(name).set(value)

    def __dir__(cls):
        return list(_settings)


class Config(metaclass=_Settings):
    """The settings, as attributes.

    Assigning one sets it for the whole process, or, inside `using_config`, for the rest of the
    block.

    Attributes
    ----------
    enable_backprop : bool
        Whether operations are recorded, so that they can be differentiated. True by default.
    train : bool
        Whether functions that differ in training and testing are in training mode. True by default.
    selection : {"bucket", "max", "sort"}
        How a walk finds the Function of the highest generation: a queue bucketed by generation (the
        default), the maximum of the list of ready Functions (as the notebook), or sorting that list (as the
        book). The gradients are the same.
    guard : bool
        Whether a walk raises where an array that a rule reads has been overwritten since it was recorded.
        False by default: it reads each such array once when it is recorded and once when it is walked. See
        `guard`.
    anomaly : bool
        Whether the first nan or infinity in a result, a gradient or a tangent raises. False by default: it
        reads every array, and runs rules in Python. See `anomaly`.
    compiled : bool
        Whether a walk runs the compiled loops of rules and the core's kernels. True by default. With False
        every rule runs in Python, as it stands in its class; this is slow, and serves to debug a rule.

    Raises
    ------
    AttributeError
        For an unknown name.
    """


def using_config(name, value):
    """A ``with`` block (or a decorator) in which a setting has another value.

    The value holds in this thread and this asyncio task alone, and ends with the block however
    that is left.

    Parameters
    ----------
    name : str
        An attribute of `Config`.
    value : object
        Its value for the block.

    Raises
    ------
    AttributeError
        For an unknown name; the message lists all settings.
    ValueError
        For a value that the setting does not have.

    Examples
    --------
    >>> with using_config("enable_backprop", False):
    ...     y = Variable(np.array(2.0)) ** 2
    >>> y.creator is None
    True
    """
    setting = _find(name)
    return _using(setting.variable, setting.check(value))


class _using(contextlib.ContextDecorator):
    """A block with another value; it may be entered again, also while it is open."""

    def __init__(self, variable, value):
        self.variable, self.value, self.before = variable, value, []

    def _recreate_cm(self):
        return _using(self.variable, self.value)

    def __enter__(self):
        self.before.append(self.variable.get(None))
        try:
            self.variable.set(self.value)
        except BaseException:  # it may have been raised after the value was set
            self.__exit__()
            raise

    def __exit__(self, *_):
        before = self.before.pop()
        try:
            self.variable.set(before)
        except MemoryError:  # the block's own memory has been freed by now, so a second try can succeed
            self.variable.set(before)


def no_grad():
    """A ``with`` block in which nothing is recorded: ``using_config("enable_backprop", False)``.

    Examples
    --------
    >>> with no_grad():
    ...     y = Variable(np.array(2.0)) ** 2
    >>> y.creator is None
    True
    """
    return using_config("enable_backprop", False)


def guard():
    """A ``with`` block that finds arrays which are overwritten too early: ``using_config("guard", True)``.

    For each Function recorded in the block, a fingerprint of the arrays that its rule will read is kept, of
    Variables and of constants. When the Function is walked, there or later, and one of these arrays has
    changed, a RuntimeError names the Function.

    Examples
    --------
    >>> a = np.array([1.0, 2.0])
    >>> x = Variable(np.array([3.0, 4.0]))
    >>> with guard():
    ...     y = (x * a).sum()
    >>> a[0] = 100.0
    >>> y.backward()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    RuntimeError: input 1 of Mul, of shape (2,), was overwritten after it had been recorded; ...
    """
    return using_config("guard", True)


def anomaly():
    """A ``with`` block that finds the first nan or infinity: ``using_config("anomaly", True)``.

    What is computed in the block from Variables must be finite, and so must the gradients and tangents of
    what was recorded in it, there or later. Otherwise a FloatingPointError names the Function, the element,
    and the line of the user's code that called it.

    Examples
    --------
    >>> x = Variable(np.array([0.0, 4.0]))
    >>> with anomaly():
    ...     y = np.sqrt(x).sum()
    >>> with np.errstate(divide="ignore"):
    ...     y.backward()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    FloatingPointError: the gradient of input 0 of Sqrt is inf at 0; it was called in ...
    """
    return using_config("anomaly", True)


def test_mode():
    """A ``with`` block in which functions are in testing mode: ``using_config("train", False)``.

    Examples
    --------
    >>> with test_mode():
    ...     Config.train
    False
    """
    return using_config("train", False)


test_mode.__test__ = False  # pytest does not collect it as a test
