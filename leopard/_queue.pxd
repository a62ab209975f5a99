cimport numpy as cnp


cdef class ReadyQueue:
    cdef void restart(self, int top) except *
    cpdef int push(self, int item, int generation) except -1
    cpdef int pop(self) noexcept


cdef class SortQueue(ReadyQueue):
    cdef cnp.ndarray buffer
    cdef long long* keys        # generation in the high half, item in the low; the buffer's data
    cdef Py_ssize_t n, room


cdef class MaxQueue(SortQueue):
    pass


cdef class BucketQueue(ReadyQueue):
    cdef cnp.ndarray page_buffer, head_buffer, link_buffer
    cdef int* pages             # of a block of generations: where its heads begin, -1 if nowhere yet
    cdef int* heads             # of a generation: the item pushed last, -1 for none
    cdef int* links             # of an item: the item pushed before it into the same generation
    cdef int n_pages, n_heads, room_heads, room_links, room_pages
    cdef int top, cursor, n, last

    cdef void point(self) noexcept
