"""The functions of the Python modules above the core that the core calls, connected to it in this one place.

Array functions are the exception: `functions/_structural.py` connects those.
"""

from leopard._core import connect_services
from leopard._dispatch import array_function, array_ufunc
from leopard._lazy import operate_sparse, tangent_of_rows
from leopard._refusals import (
    is_users,
    refuse_array,
    refuse_conversion,
    refuse_data,
    refuse_objects,
    refuse_to_be_stored,
    users_line,
)
from leopard.functions._followed import (
    follow_class,
    follow_comparison,
    follow_function,
    follow_own_function,
    follow_rule,
    note_exit,
    note_number,
)
from leopard.functions._primitives import once
from leopard.functions._read_rule import read_dtype, read_rule
from leopard.functions.basic.indexing import plain_index

connect_services(
    array_function=array_function,
    array_ufunc=array_ufunc,
    follow_class=follow_class,
    follow_comparison=follow_comparison,
    follow_function=follow_function,
    follow_own_function=follow_own_function,
    follow_rule=follow_rule,
    is_users=is_users,
    note_exit=note_exit,
    note_number=note_number,
    once=once,
    operate_sparse=operate_sparse,
    plain_index=plain_index,
    read_dtype=read_dtype.get,
    read_rule=read_rule,
    refuse_array=refuse_array,
    refuse_conversion=refuse_conversion,
    refuse_data=refuse_data,
    refuse_objects=refuse_objects,
    refuse_to_be_stored=refuse_to_be_stored,
    tangent_of_rows=tangent_of_rows,
    users_line=users_line,
)
