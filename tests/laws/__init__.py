"""The laws that every operation keeps, and the cases they are tried on.

`cases` are made from the register, `drawing` gives them arrays, `measuring` finds what is to be compared,
and `laws` compares it.
"""

from tests.laws.cases import *  # noqa: F403
from tests.laws.drawing import *  # noqa: F403
from tests.laws.laws import *  # noqa: F403
from tests.laws.measuring import *  # noqa: F403
