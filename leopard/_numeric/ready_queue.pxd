cimport numpy as cnp

cdef enum:
    PAGE = 256                  # generations whose list heads stand together
    MAX_ITEMS = 0x3FFFFFFF


cdef class ReadyQueue:
    cdef void restart(self, int top) except *
    cpdef int push(self, int item, int generation) except -1
    cpdef int pop(self) noexcept


cdef class SortQueue(ReadyQueue):
    cdef cnp.ndarray buffer
    cdef long long* keys        # the buffer's data: generation in the high half, item in the low half
    cdef Py_ssize_t n, capacity


cdef class MaxQueue(SortQueue):
    pass


cdef class BucketQueue(ReadyQueue):
    # A generation's depth is its distance from the highest one; its items form a linked list, the latest first.
    cdef cnp.ndarray page_buffer, head_buffer, link_buffer
    cdef int* pages             # of PAGE depths: where their heads begin, -1 if the page has not been made
    cdef int* heads             # of a depth: the item pushed last, -1 for none
    cdef int* links             # of an item: the item pushed before it into the same generation, -1 for none
    cdef int n_pages, n_heads, page_capacity, head_capacity, link_capacity
    cdef int top                # the highest generation
    cdef int cursor             # no item has a smaller depth
    cdef int n                  # items
    cdef int last               # the item pushed last, -1 for none

    cdef void update_pointers(self) noexcept
    cdef int checked_push(self, int item, int generation) except -1


cdef inline int push_bucket(BucketQueue queue, int item, int generation) except -1:
    """``queue.push(item, generation)``, inline for a valid item whose page exists and whose link has room."""
    cdef int depth = queue.top - generation
    cdef int page
    if generation >= 0 and depth >= 0 and queue.last < item < queue.link_capacity:
        page = queue.pages[depth // PAGE]
        if page >= 0:
            queue.links[item] = queue.heads[page + depth % PAGE]
            queue.heads[page + depth % PAGE] = item
            if depth < queue.cursor:
                queue.cursor = depth
            queue.n += 1
            queue.last = item
            return 0
    return queue.checked_push(item, generation)


cdef inline int pop_bucket(BucketQueue queue) noexcept:
    """``queue.pop()``: the cursor goes down to the highest generation that has an item."""
    cdef int page, item
    if queue.n == 0:
        return -1
    while True:
        page = queue.pages[queue.cursor // PAGE]
        if page < 0:
            queue.cursor = (queue.cursor // PAGE + 1) * PAGE
            continue
        item = queue.heads[page + queue.cursor % PAGE]
        if item >= 0:
            queue.heads[page + queue.cursor % PAGE] = queue.links[item]
            queue.n -= 1
            return item
        queue.cursor += 1
