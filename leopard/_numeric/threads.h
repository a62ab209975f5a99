/* Threads for parts of one computation. They never touch Python, and wait for work until the process ends.

   One computation has the pool at a time; another one that comes meanwhile runs on its own thread. `fork` leaves the
   child without them, so that it forgets them and starts its own. */
#ifndef LEOPARD_THREADS_H
#define LEOPARD_THREADS_H

#include <pythread.h>

#define LEOPARD_MAX_THREADS 64

typedef void (*leopard_part)(void *shared, int thread);

typedef struct {
    PyThread_type_lock begins, ended;   /* held while there is nothing to do, and until the part is done */
    leopard_part part;
    void *shared;
    int thread;
} leopard_worker;

static leopard_worker leopard_workers[LEOPARD_MAX_THREADS];
static int leopard_n_workers = 0;
static PyThread_type_lock leopard_pool = NULL;

/* Makes the pool, or forgets one that a fork has left behind; its locks leak, for their state is not known. */
static int leopard_make_pool(void) {
    leopard_n_workers = 0;
    leopard_pool = PyThread_allocate_lock();
    return leopard_pool != NULL;
}

static void leopard_work(void *own) {
    leopard_worker *w = (leopard_worker *)own;
    for (;;) {
        PyThread_acquire_lock(w->begins, WAIT_LOCK);
        w->part(w->shared, w->thread);
        PyThread_release_lock(w->ended);
    }
}

/* One more worker; 0 where there can be none. */
static int leopard_add_worker(void) {
    leopard_worker *w = &leopard_workers[leopard_n_workers];
    w->begins = PyThread_allocate_lock();
    w->ended = PyThread_allocate_lock();
    if (w->begins == NULL || w->ended == NULL)
        return 0;
    PyThread_acquire_lock(w->begins, WAIT_LOCK);
    PyThread_acquire_lock(w->ended, WAIT_LOCK);
    if (PyThread_start_new_thread(leopard_work, w) == PYTHREAD_INVALID_THREAD_ID)
        return 0;
    leopard_n_workers++;
    return 1;
}

/* Runs part 0 on this thread and the others on the pool's; 0, and nothing is run, where the pool is not free. */
static int leopard_run_on_threads(leopard_part part, void *shared, int n) {
    int i;
    if (leopard_pool == NULL || n > LEOPARD_MAX_THREADS || !PyThread_acquire_lock(leopard_pool, NOWAIT_LOCK))
        return 0;
    while (leopard_n_workers < n - 1) {
        if (!leopard_add_worker()) {
            PyThread_release_lock(leopard_pool);
            return 0;
        }
    }
    for (i = 0; i < n - 1; i++) {
        leopard_workers[i].part = part;
        leopard_workers[i].shared = shared;
        leopard_workers[i].thread = i + 1;
        PyThread_release_lock(leopard_workers[i].begins);
    }
    part(shared, 0);
    for (i = 0; i < n - 1; i++)
        PyThread_acquire_lock(leopard_workers[i].ended, WAIT_LOCK);
    PyThread_release_lock(leopard_pool);
    return 1;
}

#endif
