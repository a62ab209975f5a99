/* Memory for records: Variables and Functions of the plain classes.

   A. Every record fits one cell of 96 bytes, the collector's head included. Cells are allocated from
      slabs of 2 MiB, so a record and what is recorded with it share cache lines and pages, and a graph
      of 10^6 records costs a hundred page faults where malloc costs sixty thousand.
   B. A slab is aligned to its size: the slab of a cell is found by masking its address.
   C. Each slab has its own free list and count. Empty slabs are unmapped, but for a few that are kept
      for the next graph.
   D. The first slab has ordinary pages; each further one is advised to be a huge page.
   E. With LEOPARD_NO_CELLS, and where the interpreter requires its own allocator, Python's allocator
      is used, so that tools which watch it see each record.

   All of this runs under the GIL. */

#ifndef LEOPARD_CELLS_H
#define LEOPARD_CELLS_H

#include <Python.h>
#include <string.h>

static Py_ssize_t leopard_n_records = 0; /* records that exist, for tests */

#if defined(LEOPARD_NO_CELLS) || defined(Py_GIL_DISABLED) || PY_VERSION_HEX >= 0x030E0000 || \
    defined(_WIN32) || UINTPTR_MAX != UINT64_MAX

static inline PyObject *leopard_cell_new(PyTypeObject *type, size_t size)
{
    PyObject *o = _PyObject_GC_New(type);
    if (o == NULL)
        return NULL;
    memset((char *)o + sizeof(PyObject), 0, size - sizeof(PyObject));
    leopard_n_records++;
    return o;
}

static inline void leopard_cell_free(PyObject *o)
{
    leopard_n_records--;
    PyObject_GC_Del(o);
}

#else

#include <sys/mman.h>

#define LEOPARD_CELL 96
#define LEOPARD_HEAD (2 * sizeof(uintptr_t)) /* the collector's, before each object */
#define LEOPARD_SLAB ((size_t)1 << 21)
#define LEOPARD_KEEP 8 /* empty slabs kept */

typedef struct leopard_slab {
    struct leopard_slab *next, *previous; /* in the list of slabs with room, if `listed` */
    void *free;                           /* the freed cells, linked through their first word */
    char *fresh;                          /* from here on the cells have never been used */
    Py_ssize_t live;                      /* cells in use */
    int listed;
} leopard_slab;

static leopard_slab *leopard_room = NULL; /* the slabs with room; the first one is in use */
static int leopard_empty = 0, leopard_slabs = 0;

static inline leopard_slab *leopard_slab_of(void *cell)
{
    return (leopard_slab *)((uintptr_t)cell & ~(LEOPARD_SLAB - 1));
}

static inline int leopard_is_full(leopard_slab *slab)
{
    return slab->free == NULL && slab->fresh + LEOPARD_CELL > (char *)slab + LEOPARD_SLAB;
}

static void leopard_list(leopard_slab *slab)
{
    slab->previous = NULL;
    slab->next = leopard_room;
    if (leopard_room != NULL)
        leopard_room->previous = slab;
    leopard_room = slab;
    slab->listed = 1;
}

static void leopard_unlist(leopard_slab *slab)
{
    if (slab->previous != NULL)
        slab->previous->next = slab->next;
    else
        leopard_room = slab->next;
    if (slab->next != NULL)
        slab->next->previous = slab->previous;
    slab->listed = 0;
}

static leopard_slab *leopard_slab_new(void)
{
    /* Twice the size is mapped and the ends cut off, so that what stays is aligned. */
    char *start = mmap(NULL, 2 * LEOPARD_SLAB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *aligned;
    leopard_slab *slab;
    if (start == MAP_FAILED)
        return NULL;
    aligned = (char *)(((uintptr_t)start + LEOPARD_SLAB - 1) & ~(LEOPARD_SLAB - 1));
    if (aligned > start)
        munmap(start, aligned - start);
    munmap(aligned + LEOPARD_SLAB, start + LEOPARD_SLAB - aligned);
#ifdef MADV_HUGEPAGE
    if (leopard_slabs > 0)
        madvise(aligned, LEOPARD_SLAB, MADV_HUGEPAGE);
#endif
    leopard_slabs++;
    leopard_empty++;
    slab = (leopard_slab *)aligned; /* the system zeroes new memory */
    slab->fresh = aligned + LEOPARD_CELL;
    leopard_list(slab);
    return slab;
}

/* An object whose fields are all zero, and which the collector does not track; NULL, with an error set, without memory. */
static inline PyObject *leopard_cell_new(PyTypeObject *type, size_t size)
{
    leopard_slab *slab = leopard_room;
    char *cell;
    (void)size;
    if (slab == NULL && (slab = leopard_slab_new()) == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    cell = slab->free;
    if (cell != NULL)
        slab->free = *(void **)cell;
    else {
        cell = slab->fresh;
        slab->fresh += LEOPARD_CELL;
    }
    if (slab->live++ == 0)
        leopard_empty--;
    if (leopard_is_full(slab))
        leopard_unlist(slab);
    memset(cell, 0, LEOPARD_CELL);
    leopard_n_records++;
    Py_SET_REFCNT((PyObject *)(cell + LEOPARD_HEAD), 1);
    Py_SET_TYPE((PyObject *)(cell + LEOPARD_HEAD), type);
    if (type->tp_flags & Py_TPFLAGS_HEAPTYPE)
        Py_INCREF(type);
    return (PyObject *)(cell + LEOPARD_HEAD);
}

static inline void leopard_cell_free(PyObject *o)
{
    char *cell = (char *)o - LEOPARD_HEAD;
    leopard_slab *slab = leopard_slab_of(cell);
    *(void **)cell = slab->free;
    slab->free = cell;
    leopard_n_records--;
    if (!slab->listed)
        leopard_list(slab);
    if (--slab->live == 0 && ++leopard_empty > LEOPARD_KEEP) {
        leopard_unlist(slab);
        munmap(slab, LEOPARD_SLAB);
        leopard_empty--;
        leopard_slabs--;
    }
}

#endif

/* tp_alloc of a plain class. */
static PyObject *leopard_alloc(PyTypeObject *type, Py_ssize_t n)
{
    (void)n;
    return leopard_cell_new(type, (size_t)type->tp_basicsize);
}

#endif
