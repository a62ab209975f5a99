/* What a table of the loops of `exact_loops.h` is. */
#ifndef LEOPARD_EXACT_TABLE_H
#define LEOPARD_EXACT_TABLE_H

typedef void (*leopard_inner_loop)(char **, npy_intp *, npy_intp *, void *);

typedef struct {                /* NumPy's own loop */
    leopard_inner_loop call;
    void *data;
} leopard_other_loop;

enum {
    LEOPARD_ADD, LEOPARD_SUBTRACT, LEOPARD_MULTIPLY, LEOPARD_DIVIDES, LEOPARD_NEGATIVE, LEOPARD_SQUARE, LEOPARD_SQRT,
    LEOPARD_N_EXACT
};

typedef struct {                /* of one instruction set; the second index is 0 for float64, 1 for float32 */
    const char *name;
    leopard_inner_loop loops[LEOPARD_N_EXACT][2];
    void (*outer_double)(const char *, npy_intp, const double *, double *, npy_intp, npy_intp, int);
    void (*outer_float)(const char *, npy_intp, const float *, float *, npy_intp, npy_intp, int);
} leopard_exact_table;

#endif
