cimport numpy as cnp

cdef enum:
    PAGE = 256
    MAX_ITEMS = 0x3FFFFFFF


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
    cdef int slow_push(self, int item, int generation) except -1


cdef inline int push_bucket(BucketQueue queue, int item, int generation) except -1:
    """``queue.push(item, generation)`` where nothing is wrong and there is room."""
    cdef int depth = queue.top - generation     # 0 is the top
    cdef int page
    if generation >= 0 and depth >= 0 and queue.last < item < queue.room_links:
        page = queue.pages[depth // PAGE]
        if page >= 0:
            queue.links[item] = queue.heads[page + depth % PAGE]
            queue.heads[page + depth % PAGE] = item
            if depth < queue.cursor:
                queue.cursor = depth
            queue.n += 1
            queue.last = item
            return 0
    return queue.slow_push(item, generation)


cdef inline int pop_bucket(BucketQueue queue) noexcept:
    """``queue.pop()``: the cursor goes down to the next generation that has an item."""
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
