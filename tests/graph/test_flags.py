"""The flags of records, read from the declarations: one bit each, none shared."""

import pathlib
import re

import pytest

import leopard

DECLARATIONS = pathlib.Path(leopard.__file__).parent / "_core.pxd"

if not DECLARATIONS.exists():
    pytest.skip("the sources are not here: these tests read them in the tree", allow_module_level=True)


def flags():
    text = DECLARATIONS.read_text()
    for body in re.findall(r"^cdef enum \w+Flag:.*\n((?: +\S.*\n)+)", text, flags=re.MULTILINE):
        for line in body.splitlines():
            name, bit = re.fullmatch(r" +(\w+) = 1U? << (\d+)(?: +#.*)?", line).groups()
            yield name, int(bit)


def test_every_flag_is_a_bit_of_its_own():
    found = list(flags())
    assert len(found) > 20
    assert len({name for name, bit in found}) == len(found)
    assert len({bit for name, bit in found}) == len(found)


def test_the_flags_fit_in_their_field():
    assert all(bit < 32 for name, bit in flags())
