"""The functions that are ready to be walked: who has the highest generation?

A. The book sorts the ready list at every step, the notebook takes its maximum, and both are here
   to be compared. What the walk uses by default is a queue bucketed by generation.
B. An item is an int32 that grows with arrival. Ties go to the latest arrival in all three, so that
   the sums of a walk come out the same to the last bit whichever is chosen.
C. Buckets lie in pages of 256 generations, made when first touched: a walk near generation 10^6
   pays for the generations that it meets, not for those below.
D. Every buffer is a NumPy array owned by the queue; the pointers beside them are its data.
"""
import numpy as np

cimport numpy as cnp
from libc.stdlib cimport qsort
from libc.string cimport memcpy, memset
from numpy cimport npy_intp

cnp.import_array()


cdef int by_key(const void* a, const void* b) noexcept nogil:
    cdef long long x = (<long long*>a)[0]
    cdef long long y = (<long long*>b)[0]
    return (x > y) - (x < y)


cdef cnp.ndarray grown(cnp.ndarray old, Py_ssize_t n, Py_ssize_t room):
    """A longer buffer whose first `n` elements are those of `old`."""
    # Nothing here runs Python, or lets another thread run.
    cdef npy_intp size = room
    cdef cnp.ndarray new = cnp.PyArray_SimpleNew(1, &size, cnp.PyArray_TYPE(old))
    memcpy(cnp.PyArray_DATA(new), cnp.PyArray_DATA(old), n * cnp.PyArray_ITEMSIZE(old))
    return new


cdef class ReadyQueue:
    """Items with generations; `pop` gives the item of the highest."""

    cdef void restart(self, int top) except *:
        raise NotImplementedError

    cpdef int push(self, int item, int generation) except -1:
        """Add an item, a number from 0 that grows from push to push."""
        raise NotImplementedError

    cpdef int pop(self) noexcept:
        """Take out the item of the highest generation; -1 when there is none."""
        return -1


cdef class SortQueue(ReadyQueue):
    """The book's way: sort the whole list, then take its last."""

    def __init__(self):
        self.buffer = np.empty(16, np.int64)
        self.keys = <long long*>cnp.PyArray_DATA(self.buffer)
        self.room = 16
        self.n = 0

    def __len__(self):
        return self.n

    cdef void restart(self, int top) except *:
        self.n = 0

    cpdef int push(self, int item, int generation) except -1:
        if item < 0 or generation < 0:
            raise ValueError("an item and its generation are at least 0")
        if self.n == self.room:
            self.buffer = grown(self.buffer, self.n, 2 * self.room)
            self.keys = <long long*>cnp.PyArray_DATA(self.buffer)
            self.room *= 2
        self.keys[self.n] = (<long long>generation << 32) | item
        self.n += 1
        return 0

    cpdef int pop(self) noexcept:
        if self.n == 0:
            return -1
        qsort(self.keys, self.n, sizeof(long long), by_key)
        self.n -= 1
        return <int>(self.keys[self.n] & 0x7FFFFFFF)


cdef class MaxQueue(SortQueue):
    """The notebook's way: look through the list for the highest and take it out."""

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
    """A stack for each generation, and a cursor that goes down through them.

    Parameters
    ----------
    top : int
        No item has a higher generation.
    """

    def __init__(self, int top=0):
        self.page_buffer = np.empty(4, np.int32)
        self.head_buffer = np.empty(4 * PAGE, np.int32)
        self.link_buffer = np.empty(64, np.int32)
        self.room_pages, self.room_heads, self.room_links = 4, 4 * PAGE, 64
        self.point()
        self.restart(top)

    cdef void point(self) noexcept:
        self.pages = <int*>cnp.PyArray_DATA(self.page_buffer)
        self.heads = <int*>cnp.PyArray_DATA(self.head_buffer)
        self.links = <int*>cnp.PyArray_DATA(self.link_buffer)

    def __len__(self):
        return self.n

    cdef void restart(self, int top) except *:
        if top < 0:
            raise ValueError("a generation is at least 0")
        self.n_pages = top // PAGE + 1
        if self.n_pages > self.room_pages:
            self.page_buffer = np.empty(self.n_pages, np.int32)
            self.room_pages = self.n_pages
            self.point()
        memset(self.pages, 0xFF, self.n_pages * sizeof(int))
        self.top, self.cursor, self.n, self.n_heads, self.last = top, 0, 0, 0, -1

    cpdef int push(self, int item, int generation) except -1:
        return push_bucket(self, item, generation)

    cpdef int pop(self) noexcept:
        return pop_bucket(self)

    cdef int slow_push(self, int item, int generation) except -1:
        """A push that may be wrong, or need room, or begin a page."""
        cdef int depth = self.top - generation
        cdef int page, room
        if item < 0 or generation < 0:
            raise ValueError("an item and its generation are at least 0")
        if item <= self.last or item > MAX_ITEMS:
            raise ValueError(f"items grow from push to push up to {MAX_ITEMS}: {item} after {self.last}")
        if depth < 0:
            raise ValueError(f"generation {generation} is above the top, {self.top}")
        if item >= self.room_links:
            room = max(2 * self.room_links, item + 1)
            self.link_buffer = grown(self.link_buffer, self.room_links, room)
            self.room_links = room
            self.point()
        page = self.pages[depth // PAGE]
        if page < 0:
            page = self.n_heads
            if page + PAGE > self.room_heads:
                self.head_buffer = grown(self.head_buffer, page, 2 * self.room_heads)
                self.room_heads *= 2
                self.point()
            memset(self.heads + page, 0xFF, PAGE * sizeof(int))
            self.pages[depth // PAGE] = page
            self.n_heads += PAGE
        return push_bucket(self, item, generation)
