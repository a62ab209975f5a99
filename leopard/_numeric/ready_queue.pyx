"""The Functions that are ready for the traversal back, and which of them is next: sort, or take the maximum?

The book gives each Variable and Function a generation: a Function has the highest generation of its inputs, and its
outputs have one more. A Function that takes gradients from another one therefore has a lower generation, so the
ready Function of the highest generation has received all its gradients and is next. How to find it is
the question of the notebook that leopard grew from; the solutions stand here side by side:

A. `SortQueue` sorts the list of ready Functions by generation and takes the last, as the book does.
B. `MaxQueue` looks through the list for the highest generation, as the notebook proposes: the rest needs no order.
C. `BucketQueue`, the default, has a stack for each generation. Generations only go down during a traversal, so a
   cursor that goes down with them finds the highest in constant time.

An item is an int32 that grows from push to push. Of one generation the item that came last is popped first, in all
three, so that the sums of a traversal are the same to the last bit whichever is chosen.

The stacks of 256 generations form a page, which is made when it is first used: a traversal that begins near
generation 10^6 pays for the generations that it meets, not for those below. Every buffer is a NumPy array that the
queue owns; the pointers beside them lead to its data.
"""
import numpy as np

cimport numpy as cnp
from libc.stdlib cimport qsort
from libc.string cimport memcpy, memset
from numpy cimport npy_intp

cnp.import_array()


cdef int compare_keys(const void* a, const void* b) noexcept nogil:
    cdef long long x = (<long long*>a)[0]
    cdef long long y = (<long long*>b)[0]
    return (x > y) - (x < y)


cdef cnp.ndarray enlarged(cnp.ndarray old, Py_ssize_t n, Py_ssize_t capacity):
    """A longer buffer whose first `n` elements are those of `old`."""
    # Nothing here runs Python code or releases the GIL: the queue is not changed meanwhile.
    cdef npy_intp size = capacity
    cdef cnp.ndarray new = cnp.PyArray_SimpleNew(1, &size, cnp.PyArray_TYPE(old))
    memcpy(cnp.PyArray_DATA(new), cnp.PyArray_DATA(old), n * cnp.PyArray_ITEMSIZE(old))
    return new


cdef class ReadyQueue:
    """Items with generations; `pop` takes out the item of the highest generation, the latest of several."""

    cdef void restart(self, int top) except *:
        """Empty the queue, for items of generations up to `top`."""
        raise NotImplementedError

    cpdef int push(self, int item, int generation) except -1:
        """Add an item: an int from 0 on that is greater than those pushed before."""
        raise NotImplementedError

    cpdef int pop(self) noexcept:
        """Take out the item of the highest generation; -1 when there is none."""
        return -1


cdef class SortQueue(ReadyQueue):
    """The book's solution: sort the whole list by generation, then take its last item."""

    def __cinit__(self):
        self.buffer = np.empty(16, np.int64)
        self.keys = <long long*>cnp.PyArray_DATA(self.buffer)
        self.capacity = 16

    def __init__(self):
        self.n = 0

    def __len__(self):
        return self.n

    cdef void restart(self, int top) except *:
        self.n = 0

    cpdef int push(self, int item, int generation) except -1:
        if item < 0 or generation < 0:
            raise ValueError("an item and its generation are at least 0")
        if self.n == self.capacity:
            self.buffer = enlarged(self.buffer, self.n, 2 * self.capacity)
            self.keys = <long long*>cnp.PyArray_DATA(self.buffer)
            self.capacity *= 2
        self.keys[self.n] = (<long long>generation << 32) | item
        self.n += 1
        return 0

    cpdef int pop(self) noexcept:
        if self.n == 0:
            return -1
        qsort(self.keys, self.n, sizeof(long long), compare_keys)
        self.n -= 1
        return <int>(self.keys[self.n] & 0x7FFFFFFF)


cdef class MaxQueue(SortQueue):
    """The notebook's solution: look through the list for the highest generation and take that item out."""

    cpdef int pop(self) noexcept:
        cdef Py_ssize_t i, best = 0
        cdef long long key
        if self.n == 0:
            return -1
        for i in range(1, self.n):
            if self.keys[i] > self.keys[best]:
                best = i
        key = self.keys[best]
        self.n -= 1
        self.keys[best] = self.keys[self.n]
        return <int>(key & 0x7FFFFFFF)


cdef class BucketQueue(ReadyQueue):
    """BucketQueue(top=0)\n--\n\nA stack for each generation, and a cursor that goes down through them.

    Parameters
    ----------
    top : int
        The highest generation that an item may have.
    """

    def __cinit__(self):
        self.page_buffer = np.empty(4, np.int32)
        self.head_buffer = np.empty(4 * PAGE, np.int32)
        self.link_buffer = np.empty(64, np.int32)
        self.page_capacity, self.head_capacity, self.link_capacity = 4, 4 * PAGE, 64
        self.update_pointers()
        self.restart(0)

    def __init__(self, int top=0):
        self.restart(top)

    cdef void update_pointers(self) noexcept:
        self.pages = <int*>cnp.PyArray_DATA(self.page_buffer)
        self.heads = <int*>cnp.PyArray_DATA(self.head_buffer)
        self.links = <int*>cnp.PyArray_DATA(self.link_buffer)

    def __len__(self):
        return self.n

    cdef void restart(self, int top) except *:
        if top < 0:
            raise ValueError("a generation is at least 0")
        self.n_pages = top // PAGE + 1
        if self.n_pages > self.page_capacity:
            self.page_buffer = np.empty(self.n_pages, np.int32)
            self.page_capacity = self.n_pages
            self.update_pointers()
        memset(self.pages, 0xFF, self.n_pages * sizeof(int))
        self.top, self.cursor, self.n, self.n_heads, self.last = top, 0, 0, 0, -1

    cpdef int push(self, int item, int generation) except -1:
        return push_bucket(self, item, generation)

    cpdef int pop(self) noexcept:
        return pop_bucket(self)

    cdef int checked_push(self, int item, int generation) except -1:
        """Push an item that may be invalid, need longer buffers or begin a page."""
        cdef int depth = self.top - generation
        cdef int page, capacity
        if item < 0 or generation < 0:
            raise ValueError("an item and its generation are at least 0")
        if item <= self.last or item > MAX_ITEMS:
            raise ValueError(f"items grow from push to push up to {MAX_ITEMS}: {item} after {self.last}")
        if depth < 0:
            raise ValueError(f"generation {generation} is above the top, {self.top}")
        if item >= self.link_capacity:
            capacity = max(2 * self.link_capacity, item + 1)
            self.link_buffer = enlarged(self.link_buffer, self.link_capacity, capacity)
            self.link_capacity = capacity
            self.update_pointers()
        page = self.pages[depth // PAGE]
        if page < 0:
            page = self.n_heads
            if page + PAGE > self.head_capacity:
                self.head_buffer = enlarged(self.head_buffer, page, 2 * self.head_capacity)
                self.head_capacity *= 2
                self.update_pointers()
            memset(self.heads + page, 0xFF, PAGE * sizeof(int))
            self.pages[depth // PAGE] = page
            self.n_heads += PAGE
        return push_bucket(self, item, generation)
