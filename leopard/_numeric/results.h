/* The result of a replay, built by its template in C. */
#ifndef LEOPARD_RESULTS_H
#define LEOPARD_RESULTS_H

enum leopard_form_kind {
    LEOPARD_FLOAT,              /* of arguments: a Python float, input `number` of the program */
    LEOPARD_FLOAT64,            /*     a number of NumPy's */
    LEOPARD_ARRAY,              /*     an ndarray. Of a result: output `number` */
    LEOPARD_SAME,               /*     this object. Of a result: it */
    LEOPARD_EQUALS,             /*     of the same type and equal to this object */
    LEOPARD_TUPLE,
    LEOPARD_LIST,
    LEOPARD_DICT,
    LEOPARD_NUMPY_NUMBER,       /* of a result: output `number` as a number of NumPy's */
    LEOPARD_PYTHON_NUMBER,      /*     as a number of Python's */
    LEOPARD_ARGUMENT,           /*     input `number`, as it was given */
    LEOPARD_CALL                /*     what this object returns for the items */
};

typedef struct leopard_form {
    enum leopard_form_kind kind;
    int number;                 /* of an input or output */
    int base;                   /* of the output */
    int n;                      /* items */
    struct leopard_form *items; /* owned by the entry */
    PyObject *object;           /* owned by the entry; of a dict: the tuple of its keys */
    PyObject *dtype;            /* of a number, owned by the program; NULL: float64 */
} leopard_form;

/* A number at an address; a new reference. */
static PyObject *leopard_number_at(const leopard_form *form, void *data) {
    PyObject *number, *result;
    if (form->dtype == NULL)
        return form->kind == LEOPARD_PYTHON_NUMBER ? PyFloat_FromDouble(*(double *)data)
                                                   : leopard_numpy_float(*(double *)data);
    number = leopard_scalar(data, form->dtype);
    if (number == NULL || form->kind == LEOPARD_NUMPY_NUMBER)
        return number;
    result = PyObject_CallMethod(number, "item", NULL);
    Py_DECREF(number);
    return result;
}

/* Reads arguments that are Python floats; 0 where one is something else. */
static inline int leopard_take_floats(PyObject *const *given, Py_ssize_t n, double *numbers) {
    Py_ssize_t i;
    for (i = 0; i < n; i++) {
        if (!PyFloat_CheckExact(given[i]))
            return 0;
        numbers[i] = PyFloat_AS_DOUBLE(given[i]);
    }
    return 1;
}

/* A new reference, or NULL with an exception. `outputs` are the arrays, NULL for numbers; `given` the inputs. */
static PyObject *leopard_result(const leopard_form *form, char **bases, PyObject **outputs, PyObject **given) {
    PyObject *result = NULL, *item;
    int i;
    switch (form->kind) {
    case LEOPARD_PYTHON_NUMBER:
    case LEOPARD_NUMPY_NUMBER:
        if (outputs[form->number] == NULL)      /* else it is one of `out=` */
            return leopard_number_at(form, bases[form->base]);
        result = outputs[form->number];
        break;
    case LEOPARD_ARRAY:
        result = outputs[form->number];
        break;
    case LEOPARD_ARGUMENT:
        result = given[form->number];
        break;
    case LEOPARD_LIST:
    case LEOPARD_TUPLE:
    case LEOPARD_CALL:
        result = form->kind == LEOPARD_LIST ? PyList_New(form->n) : PyTuple_New(form->n);
        for (i = 0; result != NULL && i < form->n; i++) {
            const leopard_form *of = &form->items[i];
            if (of->kind == LEOPARD_PYTHON_NUMBER && of->dtype == NULL && outputs[of->number] == NULL)
                item = PyFloat_FromDouble(*(double *)bases[of->base]);
            else
                item = leopard_result(of, bases, outputs, given);
            if (item == NULL)
                Py_CLEAR(result);
            else if (form->kind == LEOPARD_LIST)
                PyList_SET_ITEM(result, i, item);
            else
                PyTuple_SET_ITEM(result, i, item);
        }
        if (form->kind == LEOPARD_CALL && result != NULL) {
            item = PyObject_CallObject(form->object, result);
            Py_DECREF(result);
            return item;
        }
        return result;
    case LEOPARD_DICT:
        result = PyDict_New();
        for (i = 0; result != NULL && i < form->n; i++) {
            item = leopard_result(&form->items[i], bases, outputs, given);
            if (item == NULL || PyDict_SetItem(result, PyTuple_GET_ITEM(form->object, i), item) < 0)
                Py_CLEAR(result);
            Py_XDECREF(item);
        }
        return result;
    default:
        result = form->object;
    }
    Py_INCREF(result);
    return result;
}

#endif
