/* NumPy keeps small blocks that were freed and hands them out again as they are. With this module imported each
   array has a block of its own from malloc, so that a tool which watches memory knows where it ends, when it is
   gone, and what of it was never written. */
#include <Python.h>
#include <numpy/arrayobject.h>
#include <stdlib.h>

static void *get(void *ctx, size_t n) { (void)ctx; return malloc(n); }
static void *get_zeros(void *ctx, size_t n, size_t size) { (void)ctx; return calloc(n, size); }
static void *resize(void *ctx, void *p, size_t n) { (void)ctx; return realloc(p, n); }
static void give(void *ctx, void *p, size_t n) { (void)ctx; (void)n; free(p); }

static PyDataMem_Handler handler = {"plain_memory", 1, {NULL, get, get_zeros, resize, give}};
static struct PyModuleDef module = {.m_base = PyModuleDef_HEAD_INIT, .m_name = "plain_memory", .m_size = -1};

PyMODINIT_FUNC PyInit_plain_memory(void)
{
    PyObject *capsule, *old = NULL;
    import_array();
    capsule = PyCapsule_New(&handler, "mem_handler", NULL);
    if (capsule != NULL)
        old = PyDataMem_SetHandler(capsule);
    Py_XDECREF(capsule);
    if (old == NULL)
        return NULL;
    Py_DECREF(old);
    return PyModule_Create(&module);
}
